import { add } from "../ops/add.ts";
import { indexSelect } from "../ops/gather.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { ln, type Rng } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface MixupOptions {
  numClasses: number;
  /** Of the Beta distribution that the share is drawn from: small leaves most nearly whole, 1 draws any share alike. Default 0.2. */
  alpha?: number;
  rng: Rng;
}

/**
 * Each item with a share of another of its batch, and the labels likewise (Zhang et al. 2018): `x` float32 `[batch, …]`, pictures or
 * embeddings, `labels` int32 `[batch]`. The labels given are chances `[batch, numClasses]`, as `crossEntropy` takes them. Gradients pass to `x`.
 * Throws `RANGE`, `SHAPE`.
 */
export function mixup(
  x: Tensor,
  labels: Tensor,
  { numClasses, alpha = 0.2, rng }: MixupOptions,
): { x: Tensor; labels: Tensor; share: number } {
  if (!(alpha > 0)) throw new FoveaError("RANGE", `mixup: alpha must be above 0, got ${alpha}`);
  const batch = x.shape[0] ?? 0;
  if (labels.shape.length !== 1 || labels.length !== batch)
    throw new FoveaError("SHAPE", `mixup: labels must be [batch] of x ${formatShape(x.shape)}, got ${formatShape(labels.shape)}`);
  const share = beta(alpha, rng);
  const partners = rng.shuffle(Array.from({ length: batch }, (_, i) => i));
  const chances = chancesOf(labels, partners, share, numClasses);
  return scope(() => {
    const others = indexSelect(x, 0, tensor(Int32Array.from(partners), [batch]));
    return { x: add(scale(x, share), scale(others, 1 - share)), labels: tensor(chances, [batch, numClasses]), share };
  });
}

function chancesOf(labels: Tensor, partners: readonly number[], share: number, numClasses: number): Float32Array {
  const view = labels.view();
  const chances = new Float32Array(view.length * numClasses);
  view.forEach((label, i) => {
    for (const [one, part] of [
      [label, share],
      [view[partners[i]!]!, 1 - share],
    ] as const) {
      if (!(one >= 0 && one < numClasses))
        throw new FoveaError("RANGE", `mixup: labels must be from 0 to ${numClasses - 1}, got ${one}`);
      chances[i * numClasses + one]! += part;
    }
  });
  return chances;
}

/** From Beta(α, α), as the share of one of two gamma variates. */
function beta(alpha: number, rng: Rng): number {
  const [a, b] = [gamma(alpha, rng), gamma(alpha, rng)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/** Marsaglia and Tsang 2000; for a shape below 1 with their boost. */
function gamma(shape: number, rng: Rng): number {
  if (shape < 1) return gamma(shape + 1, rng) * (1 - rng.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && ln(1 - rng.uniform()) < (x * x) / 2 + d - d * v + d * ln(v)) return d * v;
  }
}
