import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { gradEnabled } from "../tensor/gradMode.ts";
import { expectAxes, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { type Activation, expectActivation, product } from "./product.ts";

/**
 * `activation(x · weightᵀ + bias)`: `x [..., inFeatures]`, `weight [outFeatures, inFeatures]`, `bias [outFeatures]`, out `[...,
 * outFeatures]`. The activation is part of the product's last step, so what goes into it is only kept where GELU's gradient needs
 * it.
 *
 * Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  { activation }: { activation?: Activation | undefined } = {},
): Tensor {
  const { rows, inFeatures, outFeatures } = linearDims(x, weight, bias);
  expectActivation(activation);
  const out = empty([...x.shape.slice(0, -1), outFeatures]);
  const bent = activation === "gelu" || activation === "geluTanh";
  const wanted = gradEnabled() && (x.requiresGrad || weight.requiresGrad || bias?.requiresGrad);
  const pre = bent && wanted ? empty(out.shape) : null;
  product({ a: x, b: weight, bias, out, pre, m: rows, n: outFeatures, k: inFeatures, transposeB: true, activation });

  // relu's gradient can be told from its output.
  const bend = bent ? pre : activation === "relu" ? out : null;
  const saved = bend === null ? [x, weight] : [x, weight, bend];
  record(out, [x, weight, bias], saved, (dOut, grads) => {
    const dPre = bend === null ? dOut : activationBackward(bend, dOut, activation);
    const dX = grads.wants(0) ? grads.empty(0) : null;
    if (dX) product({ a: dPre, b: weight, out: dX, m: rows, n: inFeatures, k: outFeatures });
    const dWeight = grads.wants(1) ? grads.empty(1) : null;
    if (dWeight) product({ a: dPre, b: x, out: dWeight, m: outFeatures, n: inFeatures, k: rows, transposeA: true });
    const dBias = grads.wants(2) ? grads.empty(2) : null;
    if (dBias) kernels.sumRows({ x: dPre, out: dBias, rows, cols: outFeatures });
    return [dX, dWeight, dBias];
  });
  pre?.dispose(); // the tape has its own share
  return out;
}

function activationBackward(bend: Tensor, dOut: Tensor, activation: Activation | undefined): Tensor {
  const dPre = empty(dOut.shape);
  const n = dPre.length;
  if (n === 0) return dPre;
  if (activation === "relu") kernels.reluBackward({ x: bend, dOut, dX: dPre, n });
  else kernels.geluBackward({ x: bend, dOut, dX: dPre, n, tanh: activation === "geluTanh" });
  return dPre;
}

function linearDims(x: Tensor, weight: Tensor, bias: Tensor | null): { rows: number; inFeatures: number; outFeatures: number } {
  expectFloat("linear", { x, weight, bias });
  expectAxes("linear", { weight }, ["outFeatures", "inFeatures"]);
  const [outFeatures, inFeatures] = weight.shape as [number, number];
  if (x.shape.at(-1) !== inFeatures)
    throw new FoveaError(
      "SHAPE",
      `linear: the last axis of x must be inFeatures = ${inFeatures} of weight ${formatShape(weight.shape)}, got ${formatShape(x.shape)}`,
    );
  expectShape("linear", { bias }, [outFeatures]);
  return { rows: count(x.shape.slice(0, -1)), inFeatures, outFeatures };
}
