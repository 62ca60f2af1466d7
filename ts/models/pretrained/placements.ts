import { isStack, type Source } from "./renames.ts";

/** A block of one of their tensors, and where it lies in ours; both row-major. */
export interface Placement {
  /** Null: zeros in ours, nothing in theirs. */
  readonly name: string | null;
  /** Of their whole tensor. */
  readonly shape: readonly number[];
  /** First element of the block in theirs and in ours, and how many there are. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  /** Theirs is `[cols, rows]` of ours. */
  readonly transposed: boolean;
}

/** How a parameter of `shape` is laid out in their tensors. */
export function placements(source: Source, shape: readonly number[]): Placement[] {
  const length = shape.reduce((product, size) => product * size, 1);
  const whole = { from: 0, to: 0, length, transposed: false };
  if (typeof source === "string") return [{ ...whole, name: source, shape }];
  if (isStack(source)) {
    const part = length / source.length;
    const rows = shape.with(0, shape[0]! / source.length);
    return source.map((name, i) => ({ ...whole, name, shape: rows, to: i * part, length: part }));
  }
  if ("batched" in source) return [{ ...whole, name: source.batched, shape: [1, ...shape] }];
  if ("transposed" in source)
    return [{ ...whole, name: source.transposed, shape: shape.toReversed(), transposed: shape.length === 2 }];
  const { from: name, part, of } = source;
  return [{ ...whole, name, shape: shape.with(0, shape[0]! * of), from: part * length }];
}

/** Their values into ours. */
export function place({ from, to, length, transposed, shape }: Placement, theirs: Float32Array, ours: Float32Array): void {
  if (transposed) transpose(theirs, ours, shape);
  else ours.set(theirs.subarray(from, from + length), to);
}

/** Our values into theirs. */
export function placeBack({ from, to, length, transposed, shape }: Placement, ours: Float32Array, theirs: Float32Array): void {
  if (transposed) transpose(ours, theirs, shape.toReversed());
  else theirs.set(ours.subarray(to, to + length), from);
}

/** `x [rows, cols]` to `out [cols, rows]`. */
function transpose(x: Float32Array, out: Float32Array, [rows, cols]: readonly number[]): void {
  for (let row = 0; row < rows!; row += 1)
    for (let col = 0; col < cols!; col += 1) out[col * rows! + row] = x[row * cols! + col]!;
}
