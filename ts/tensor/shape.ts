import type { DType } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";

/** Sizes per axis, row-major: the last axis is contiguous. `[]` is a single number. */
export type Shape = readonly number[];

/** What shape checks look at; a tensor, mostly. */
export interface Shaped {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Named arguments of an op, to check together; those left out are skipped. */
export type Named = Readonly<Record<string, Shaped | null | undefined>>;

const MOST_ELEMENTS = 2 ** 32; // wasm32 addresses 4 GiB of bytes

/** `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The product of the sizes. Throws `SHAPE` for a size that is not a whole number of at least 0, or if the product passes 2 ** 32. */
export function sizeOf(op: string, shape: Shape): number {
  if (!Array.isArray(shape)) throw new FoveaError("SHAPE", `${op}: shape must be an array of sizes, got ${String(shape)}`);
  let size = 1;
  for (let axis = 0; axis < shape.length; axis += 1) {
    const length: unknown = shape[axis];
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw new FoveaError(
        "SHAPE",
        `${op}: sizes must be whole numbers of at least 0, got ${String(length)} in ${formatShape(shape)}`,
      );
    }
    size *= length;
  }
  // Sizes are at most 2 ** 53, and once the product has passed 2 ** 32 only a 0 brings it back: doubles do not wrap.
  if (size > MOST_ELEMENTS)
    throw new FoveaError("SHAPE", `${op}: at most 2 ** 32 elements fit in memory, got ${formatShape(shape)}`);
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis += 1) if (a[axis] !== b[axis]) return false;
  return true;
}

/** Throws `SHAPE` unless every tensor has exactly this shape. */
export function expectShape(op: string, tensors: Named, shape: Shape): void {
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor && !sameShape(tensor.shape, shape)) {
      throw new FoveaError("SHAPE", `${op}: ${name} must be ${formatShape(shape)}, got ${formatShape(tensor.shape)}`);
    }
  }
}

/** Throws `RANK` unless every tensor has as many axes as there are names in `axes`, as in `["batch", "seqLen", "embedDim"]`. */
export function expectAxes(op: string, tensors: Named, axes: readonly string[]): void {
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor && tensor.shape.length !== axes.length) {
      throw new FoveaError("RANK", `${op}: ${name} must be [${axes.join(", ")}], got ${formatShape(tensor.shape)}`);
    }
  }
}

/** Throws `RANK` if any tensor has fewer axes. */
export function expectRankAtLeast(op: string, tensors: Named, rank: number): void {
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor && tensor.shape.length < rank) {
      const axes = rank === 1 ? "1 axis" : `${rank} axes`;
      throw new FoveaError("RANK", `${op}: ${name} must have at least ${axes}, got ${formatShape(tensor.shape)}`);
    }
  }
}

/** Throws `DTYPE` unless every tensor has this element type. */
export function expectDType(op: string, tensors: Named, dtype: DType): void {
  for (const name in tensors) {
    const tensor = tensors[name];
    if (tensor && tensor.dtype !== dtype) {
      const advice = `make it with tensor(data, { dtype: "${dtype}" })`;
      throw new FoveaError(
        "DTYPE",
        `${op}: ${name} must be ${dtype}, got ${tensor.dtype} ${formatShape(tensor.shape)}; ${advice}`,
      );
    }
  }
}

/** An axis counted from the front; negative ones count from the back. Throws `RANGE`. */
export function axisOf(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? "must be one of none" : `must be from ${-rank} to ${rank - 1}`;
    throw new FoveaError("RANGE", `${op}: axis ${range}, got ${axis} for ${formatShape(shape)}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** All but the last axis as `rows`, the last as `cols`. Throws `RANK` for a single number. */
export function asRows(op: string, x: Shaped): { rows: number; cols: number } {
  expectRankAtLeast(op, { x }, 1);
  const cols = x.shape[x.shape.length - 1]!;
  return { rows: sizeOf(op, x.shape.slice(0, -1)), cols };
}

/** The shape asked for, a single -1 worked out from the others. Throws `SHAPE` unless it has as many elements as `from`. */
export function reshaped(op: string, from: Shape, to: Shape): Shape {
  const size = sizeOf(op, from);
  const open = to.indexOf(-1);
  const known = sizeOf(op, open < 0 ? to : to.toSpliced(open, 1));
  const shape = open < 0 ? [...to] : to.with(open, known === 0 ? 0 : size / known);
  if (!shape.every(Number.isInteger) || sizeOf(op, shape) !== size) {
    throw new FoveaError("SHAPE", `${op}: ${formatShape(from)} has ${size} elements, which do not make ${formatShape(to)}`);
  }
  return shape;
}
