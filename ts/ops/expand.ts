import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { repeatedStrides } from "./broadcastAxes.ts";
import { count } from "./checks.ts";
import { arrange, contiguous } from "./strided.ts";

/**
 * `x`, of any dtype, repeated, as a copy, along its axes of size 1, until it has `shape`; missing axes are added in front, and −1 leaves
 * an axis as it is. Throws `SHAPE`, `DISPOSED`.
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  expectAlive("expand", x);
  const missing = shape.length - x.shape.length;
  const whole = shape.map((size, axis) => (size === -1 ? (x.shape[axis - missing] ?? size) : size));
  if (!sameShape(broadcastShapes("expand", x.shape, whole), whole))
    throw new FoveaError(
      "SHAPE",
      `expand: x ${formatShape(x.shape)} does not repeat to ${formatShape(shape)}; only axes of 1 repeat`,
    );
  if (x.length === count(whole)) return x.reshape(whole);
  const out = empty(whole, x.dtype);
  repeatInto(x, out);
  return record(out, [x], [], (dOut) => [sumTo(dOut, x.shape)]);
}

/** Fills `out` with `x`, repeated along the axes it lacks or that are 1. Not recorded. */
export function repeatInto(x: Tensor, out: Tensor): void {
  const [of, to] = [repeatedStrides(x.shape, out.shape.length), contiguous(out.shape)];
  arrange(x, out, { axes: out.shape.map((size, axis) => ({ size, x: of[axis]!, out: to[axis]! })) });
}

/**
 * `x`, of any dtype, `times[i]` times along axis `i`, as a copy; further axes are added in front. As PyTorch's `repeat`. Throws
 * `RANGE`, `RANK`, `DISPOSED`.
 */
export function repeat(x: Tensor, times: readonly number[]): Tensor {
  expectAlive("repeat", x);
  if (times.length < x.shape.length)
    throw new FoveaError(
      "RANK",
      `repeat: there must be a number of times for each axis, got ${times.length} for ${formatShape(x.shape)}`,
    );
  if (!times.every((time) => Number.isInteger(time) && time >= 0))
    throw new FoveaError("RANGE", `repeat: times must be whole and not negative, got [${times.join(", ")}]`);
  const shape = [...Array<number>(times.length - x.shape.length).fill(1), ...x.shape];
  return scope(() =>
    expand(
      x.reshape(shape.flatMap((size) => [1, size])),
      shape.flatMap((size, axis) => [times[axis]!, size]),
    ).reshape(shape.map((size, axis) => size * times[axis]!)),
  );
}

/**
 * The shape two operands have in common by NumPy's rules: aligned at the last axis, where a size of 1 is repeated. Throws
 * `SHAPE`.
 */
export function broadcastShapes(op: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sizeA = a[i - rank + a.length] ?? 1;
    const sizeB = b[i - rank + b.length] ?? 1;
    if (sizeA === sizeB || sizeB === 1) return sizeA;
    if (sizeA === 1) return sizeB;
    throw new FoveaError("SHAPE", `${op}: sizes must be equal or 1 along each axis, got ${formatShape(a)} and ${formatShape(b)}`);
  });
}

/** `x` summed over the axes that `expand` would repeat to lead from `shape` to its own. For backward passes: not recorded. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  let out = x;
  if (missing > 0) out = sumAxis(out, 1, count(x.shape.slice(0, missing)), count(x.shape.slice(missing)));
  for (let axis = 0; axis < shape.length; axis += 1) {
    const length = x.shape[axis + missing]!;
    if (shape[axis] !== length) out = sumAxis(out, count(shape.slice(0, axis)), length, count(x.shape.slice(axis + missing + 1)));
  }
  return out.reshape(shape);
}

/** Sums over the middle of `[outer, length, inner]`: out `[outer, inner]`. Not recorded. */
function sumAxis(x: Tensor, outer: number, length: number, inner: number): Tensor {
  const out = empty([outer, inner]);
  if (out.length === 0) return out;
  // Columns of one matrix, the gradient of a bias, have a kernel that takes two thirds of the time.
  if (outer === 1 && inner > 1) kernels.sumRows({ x, out, rows: length, cols: inner });
  else kernels.fold({ x, out, outer, len: length, inner, op: SUM });
  return out;
}

/** The kernel's number for it. */
const SUM = 0;
