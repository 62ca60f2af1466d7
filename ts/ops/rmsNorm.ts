import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { type LayerNormOptions, trailingRows } from "./layerNorm.ts";

/** PyTorch's default for float32: its epsilon, 2⁻²³. */
export const RMS_NORM_EPS = 2 ** -23;

/**
 * `x / √(mean(x²) + eps) · weight` over the trailing axes (Zhang and Sennrich 2019). `weight` has the shape of those axes, or is
 * null for 1. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function rmsNorm(
  x: Tensor,
  weight: Tensor | null = null,
  { eps = RMS_NORM_EPS, normalizedShape = weight?.shape ?? x.shape.slice(-1) }: LayerNormOptions = {},
): Tensor {
  expectFloat("rmsNorm", { x, weight });
  expectShape("rmsNorm", { weight }, normalizedShape);
  if (!(eps >= 0)) throw new FoveaError("RANGE", `rmsNorm: eps must be at least 0, got ${eps}`);
  const dims = trailingRows("rmsNorm", x, normalizedShape);
  const out = empty(x.shape);
  const rstd = empty([dims.rows]);
  if (out.length > 0) kernels.rmsNormForward({ x, weight, out, rstd, ...dims, eps });

  const saved = weight === null ? [x, rstd] : [x, weight, rstd];
  record(out, [x, weight], saved, (dOut, grads) => {
    const dX = grads.empty(0);
    const dWeight = grads.wants(1) ? grads.empty(1) : null;
    if (dX.length > 0) kernels.rmsNormBackward({ dOut, x, weight, rstd, dX, dWeight, ...dims });
    else if (dWeight && dWeight.length > 0) kernels.fill({ out: dWeight, n: dWeight.length, value: 0 });
    return [dX, dWeight];
  });
  rstd.dispose(); // the tape has its own share, if there is a gradient to come
  return out;
}
