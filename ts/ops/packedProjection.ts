import { recordMany } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, slice, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { product } from "./product.ts";

/**
 * Three linear layers whose parameters lie in one: query, key and value by the first, second and last third of the rows of
 * `weight [3 · embedDim, embedDim]` and of `bias [3 · embedDim]`. The thirds are used where they lie, and so are those of the
 * gradients. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function packedProjection(
  inputs: readonly [query: Tensor, key: Tensor, value: Tensor],
  weight: Tensor,
  bias: Tensor | null = null,
): [Tensor, Tensor, Tensor] {
  const embedDim = checkArguments(inputs, weight, bias);
  const weights = thirds(weight, [embedDim, embedDim]);
  const biases = bias && thirds(bias, [embedDim]);
  const layout = { n: embedDim, k: embedDim };
  const outs = inputs.map((x, i) => {
    const out = empty(x.shape);
    product({ a: x, b: weights[i]!, bias: biases?.[i] ?? null, out, m: rowsOf(x), ...layout, transposeB: true });
    return out;
  });
  for (const third of [...weights, ...(biases ?? [])]) third.dispose();

  recordMany(outs, [...inputs, weight, bias], [...inputs, weight], (dOuts, grads) => {
    const parts = thirds(weight, [embedDim, embedDim]);
    const dInputs = inputs.map((_, i) => {
      if (!grads.wants(i)) return null;
      const dX = grads.empty(i);
      if (dOuts[i]) product({ a: dOuts[i], b: parts[i]!, out: dX, m: rowsOf(dX), ...layout });
      else zero(dX);
      return dX;
    });
    return [
      ...dInputs,
      grads.wants(3) ? weightGradient(dOuts, inputs, grads.empty(3)) : null,
      grads.wants(4) ? biasGradient(dOuts, grads.empty(4)) : null,
    ];
  });
  return outs as [Tensor, Tensor, Tensor];
}

function weightGradient(dOuts: readonly (Tensor | null)[], inputs: readonly Tensor[], dWeight: Tensor): Tensor {
  const embedDim = dWeight.shape[1]!;
  thirds(dWeight, [embedDim, embedDim]).forEach((third, i) => {
    const dOut = dOuts[i];
    if (dOut && dOut.length > 0)
      product({ a: dOut, b: inputs[i]!, out: third, m: embedDim, n: embedDim, k: rowsOf(dOut), transposeA: true });
    else zero(third);
  });
  return dWeight;
}

function biasGradient(dOuts: readonly (Tensor | null)[], dBias: Tensor): Tensor {
  const embedDim = dBias.length / 3;
  thirds(dBias, [embedDim]).forEach((third, i) => {
    const dOut = dOuts[i];
    if (dOut && dOut.length > 0) kernels.sumRows({ x: dOut, out: third, rows: rowsOf(dOut), cols: embedDim });
    else zero(third);
  });
  return dBias;
}

function thirds(packed: Tensor, shape: readonly number[]): Tensor[] {
  return [0, 1, 2].map((i) => slice(packed, i * count(shape), shape));
}

function zero(out: Tensor): void {
  if (out.length > 0) kernels.fill({ out, n: out.length, value: 0 });
}

function rowsOf(x: Tensor): number {
  return count(x.shape.slice(0, -1));
}

function checkArguments(inputs: readonly [Tensor, Tensor, Tensor], weight: Tensor, bias: Tensor | null): number {
  const [query, key, value] = inputs;
  expectFloat("packedProjection", { query, key, value, weight, bias });
  expectAxes("packedProjection", { weight }, ["3 · embedDim", "embedDim"]);
  const embedDim = weight.shape[1]!;
  expectShape("packedProjection", { weight }, [3 * embedDim, embedDim]);
  expectShape("packedProjection", { bias }, [3 * embedDim]);
  for (const [name, x] of Object.entries({ query, key, value }))
    if (x.shape.at(-1) !== embedDim)
      throw new FoveaError(
        "SHAPE",
        `packedProjection: the last axis of ${name} must be embedDim = ${embedDim}, got ${formatShape(x.shape)}`,
      );
  return embedDim;
}
