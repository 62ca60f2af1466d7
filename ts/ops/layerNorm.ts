import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectShape, formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";

export interface LayerNormOptions {
  /** Added inside the root. */
  eps?: number;
  /** The trailing axes that are normalised together; those of `weight`, or else the last axis. */
  normalizedShape?: readonly number[];
}

/**
 * `(x − mean) / √(variance + eps) · weight + bias` over the trailing axes (Ba, Kiros and Hinton 2016). `weight` and `bias` have
 * the shape of those axes, or are null for 1 and 0. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor | null = null,
  bias: Tensor | null = null,
  { eps = 1e-5, normalizedShape = weight?.shape ?? bias?.shape ?? x.shape.slice(-1) }: LayerNormOptions = {},
): Tensor {
  expectFloat("layerNorm", { x, weight, bias });
  expectShape("layerNorm", { weight, bias }, normalizedShape);
  if (!(eps >= 0)) throw new FoveaError("RANGE", `layerNorm: eps must be at least 0, got ${eps}`);
  const dims = trailingRows("layerNorm", x, normalizedShape);
  const out = empty(x.shape);
  const mean = empty([dims.rows]);
  const rstd = empty([dims.rows]);
  if (out.length > 0) kernels.layerNormForward({ x, weight, bias, out, mean, rstd, ...dims, eps });

  const saved = weight === null ? [x, mean, rstd] : [x, weight, mean, rstd];
  record(out, [x, weight, bias], saved, (dOut, grads) => {
    const dX = grads.empty(0);
    const dWeight = grads.wants(1) ? grads.empty(1) : null;
    const dBias = grads.wants(2) ? grads.empty(2) : null;
    if (dX.length > 0) kernels.layerNormBackward({ dOut, x, weight, mean, rstd, dX, dWeight, dBias, ...dims });
    else for (const sum of [dWeight, dBias]) if (sum && sum.length > 0) kernels.fill({ out: sum, n: sum.length, value: 0 });
    return [dX, dWeight, dBias];
  });
  mean.dispose(); // the tape has its own share, if there is a gradient to come
  rstd.dispose();
  return out;
}

/** `x` as rows of what is normalised together. Throws `SHAPE` unless its shape ends in `normalizedShape`. */
export function trailingRows(op: string, { shape }: Tensor, normalizedShape: readonly number[]): { rows: number; cols: number } {
  const leading = shape.length - normalizedShape.length;
  if (normalizedShape.length === 0 || leading < 0 || !sameShape(shape.slice(leading), normalizedShape))
    throw new FoveaError(
      "SHAPE",
      `${op}: x must end in the normalised shape ${formatShape(normalizedShape)}, got ${formatShape(shape)}`,
    );
  return { rows: count(shape.slice(0, leading)), cols: count(normalizedShape) };
}
