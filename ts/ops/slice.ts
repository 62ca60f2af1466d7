import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { contiguous, rearranged } from "./strided.ts";

/** Positions along an axis: from `start` (0) up to and without `end` (the size), every `step`-th. Negative ones count from the end. */
export interface SliceRange {
  start?: number;
  end?: number;
  step?: number;
}

/**
 * Part of `x`, of any dtype, as a copy: a range for each axis, null for all of it, axes left out at the end whole; as Python's slices,
 * what reaches beyond an axis ends with it.
 *
 *     slice(x, [null, { start: 1, end: -1 }, { step: 2 }])       // x[:, 1:-1, ::2]
 *
 * Throws `RANGE`, `RANK`, `DISPOSED`.
 */
export function slice(x: Tensor, ranges: readonly (SliceRange | null)[]): Tensor {
  expectAlive("slice", x);
  if (ranges.length > x.shape.length)
    throw new FoveaError("RANK", `slice: there may be a range for each axis, got ${ranges.length} for ${formatShape(x.shape)}`);
  const strides = contiguous(x.shape);
  const parts = x.shape.map((size, axis) => resolve(ranges[axis] ?? {}, size));
  const shape = parts.map(({ size }) => size);
  const out = contiguous(shape);
  const axes = parts.map(({ size, step }, axis) => ({ size, x: step * strides[axis]!, out: out[axis]! }));
  const xOffset = parts.reduce((sum, { start }, axis) => sum + start * strides[axis]!, 0);
  return rearranged(x, shape, { axes, xOffset });
}

function resolve({ start = 0, end, step = 1 }: SliceRange, length: number): { start: number; size: number; step: number } {
  const whole = [start, end ?? 0, step].every(Number.isInteger);
  if (!whole || step < 1)
    throw new FoveaError("RANGE", `slice: start, end and step must be whole and step at least 1, got ${start}, ${end}, ${step}`);
  const within = (position: number): number => Math.min(Math.max(position < 0 ? position + length : position, 0), length);
  const [from, to] = [within(start), within(end ?? length)];
  return { start: from, size: Math.max(0, Math.ceil((to - from) / step)), step };
}
