import * as kernels from "../runtime/kernels.gen.ts";
import { tensor } from "../tensor/create.ts";
import { axisOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { permute } from "./permute.ts";

export interface ReduceOptions {
  /** The axis or axes to reduce; all of them if left out. */
  axis?: number | readonly number[] | undefined;
  /** Leave them in place, with size 1. */
  keepdim?: boolean;
}

/** `x` as `[outer, len, inner]`, what is reduced in the middle. */
export interface Middle {
  readonly x: Tensor;
  readonly dims: { readonly outer: number; readonly len: number; readonly inner: number };
  /** Of the result. */
  readonly shape: readonly number[];
}

/** The axes of an option, counted from the front and in order; each once. Throws `RANGE`. */
export function axesOf(op: string, axis: ReduceOptions["axis"], shape: readonly number[]): number[] {
  if (axis === undefined) return shape.map((_, i) => i);
  const axes = (typeof axis === "number" ? [axis] : axis).map((each) => axisOf(op, each, shape));
  return [...new Set(axes)].sort((a, b) => a - b);
}

/**
 * Runs `run` on `x` with what is to be reduced in its middle: where it lies, or, if the axes are apart, as a copy with these axes last,
 * through which gradients pass. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function reduceWith(op: string, x: Tensor, options: ReduceOptions, run: (middle: Middle) => Tensor): Tensor {
  expectFloat(op, { x });
  const axes = axesOf(op, options.axis, x.shape);
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const shape = options.keepdim ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : kept.map((i) => x.shape[i]!);
  const first = axes[0] ?? x.shape.length;
  const last = axes.at(-1) ?? first - 1;
  // Axes of 1 between them do not keep them apart.
  if (kept.every((i) => i < first || i > last || x.shape[i] === 1)) {
    const dims = { outer: count(x.shape.slice(0, first)), len: 1, inner: count(x.shape.slice(last + 1)) };
    return run({ x, dims: { ...dims, len: count(x.shape.slice(first, last + 1)) }, shape });
  }
  const together = permute(x, [...kept, ...axes]);
  const dims = { outer: count(kept.map((i) => x.shape[i]!)), len: count(axes.map((i) => x.shape[i]!)), inner: 1 };
  const out = run({ x: together, dims, shape });
  together.dispose();
  return out;
}

/** The kernel's numbers. Those of the second row take a number from each element first, or compare it with one. */
const FOLD = { sum: 0, maximum: 1, minimum: 2, exponentials: 3, squares: 4, matches: 5 } as const;

/** The fold of `x`, as a tensor of the result's shape. Not recorded. */
export function folded(kind: keyof typeof FOLD, { x, dims, shape }: Middle, shift: Tensor | null = null): Tensor {
  const out = empty(shape);
  if (out.length > 0) kernels.fold({ x, shift, out, ...dims, op: FOLD[kind] });
  return out;
}

/** The kernel's numbers: `z · e^(x − y)`, `z · (x − y)`, `z` where `x = y`, `z − y · eˣ`, `(x − y) − z`. */
const TERNARY = { exponential: 0, deviation: 1, match: 2, softmax: 3, minusBoth: 4 } as const;

/** Each element of `x` with those of `y` and `z`, which have the result's shape, or `z` that of `x`. Not recorded. */
export function withResults(
  kind: keyof typeof TERNARY,
  { x, dims: { outer, len, inner } }: Middle,
  y: Tensor,
  z: Tensor,
  out: Tensor,
): Tensor {
  if (out.length === 0) return out;
  const whole = z.length === x.length;
  const rows = [outer, len * inner, inner, whole ? len * inner : inner];
  const positions = [len, inner, 0, whole ? inner : 0];
  // An innermost axis of 1 would be a row for each element: ten times as slow (log-softmax of 512 × 5,000, both ways, 2026-11-28).
  const steps = inner === 1 ? [...rows, ...positions] : [...rows, ...positions, inner, 1, 1, 1];
  const axes = tensor(Int32Array.from(steps));
  const lens = { xLen: x.length, yLen: y.length, zLen: z.length };
  kernels.ternary({ x, y, z, axes, out, rank: steps.length / 4, n: out.length, ...lens, op: TERNARY[kind] });
  axes.dispose();
  return out;
}

/** `dOut / (divisor · root)`, 0 where the root is 0: half the slope of a root times that of a square. Not recorded. */
export function slopeOfRoot(dOut: Tensor, root: Tensor, divisor: number): Tensor {
  const out = empty(dOut.shape);
  const [from, roots, to] = [dOut.view(), root.view(), out.view()];
  for (let i = 0; i < to.length; i += 1) to[i] = roots[i] === 0 ? 0 : from[i]! / (divisor * roots[i]!);
  return out;
}
