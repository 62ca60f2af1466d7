import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { contiguous, rearranged } from "./strided.ts";

/**
 * `x`, of any dtype, with `value` around it: `widths` are how many before and after, in pairs from the last axis on, as PyTorch's.
 *
 *     pad(x, [1, 2])          // one before and two after along the last axis
 *     pad(x, [0, 0, 3, 0])    // three before along the last but one
 *
 * Throws `RANGE`, `RANK`, `DISPOSED`.
 */
export function pad(x: Tensor, widths: readonly number[], { value = 0 }: { value?: number } = {}): Tensor {
  expectAlive("pad", x);
  if (widths.length % 2 !== 0 || widths.length / 2 > x.shape.length)
    throw new FoveaError(
      "RANK",
      `pad: widths must be pairs, at most one per axis, got [${widths.join(", ")}] for ${formatShape(x.shape)}`,
    );
  if (!widths.every((width) => Number.isInteger(width) && width >= 0))
    throw new FoveaError("RANGE", `pad: widths must be whole and not negative, got [${widths.join(", ")}]`);
  const rank = x.shape.length;
  const before = (axis: number): number => widths[2 * (rank - 1 - axis)] ?? 0;
  const shape = x.shape.map((size, axis) => before(axis) + size + (widths[2 * (rank - 1 - axis) + 1] ?? 0));
  const [of, out] = [contiguous(x.shape), contiguous(shape)];
  const axes = x.shape.map((size, axis) => ({ size, x: of[axis]!, out: out[axis]! }));
  const outOffset = out.reduce((sum, stride, axis) => sum + before(axis) * stride, 0);
  return rearranged(x, shape, { axes, outOffset }, value);
}
