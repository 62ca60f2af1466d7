import { linear } from "../ops/linear.ts";
import { narrow } from "../ops/narrow.ts";
import { packedProjection } from "../ops/packedProjection.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { slice, type Tensor } from "../tensor/tensor.ts";
import type { RMSNorm } from "./rmsNorm.ts";

/** What `MultiheadAttention` projects with: as PyTorch's, it owns the parameters itself. */
export interface HeadProjection {
  readonly inProjWeight: Tensor | null;
  readonly qProjWeight: Tensor | null;
  readonly kProjWeight: Tensor | null;
  readonly vProjWeight: Tensor | null;
  readonly inProjBias: Tensor | null;
  readonly qNorm: RMSNorm | null;
  readonly kNorm: RMSNorm | null;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly valueHeadDim: number;
}

/** Query, key and value, in this order. */
type Part = 0 | 1 | 2;

/** Widths of the projected query, key and value. */
export function projectedWidths(
  of: Pick<HeadProjection, "numHeads" | "numKvHeads" | "headDim" | "valueHeadDim">,
): readonly [number, number, number] {
  return [of.numHeads * of.headDim, of.numKvHeads * of.headDim, of.numKvHeads * of.valueHeadDim];
}

/** Query, key and value by heads, `[batch, length, heads, width]`. */
export function projectHeads(
  inputs: readonly [query: Tensor, key: Tensor, value: Tensor],
  of: HeadProjection,
): readonly [Tensor, Tensor, Tensor] {
  const [q, k, v] = of.inProjWeight ? packedProjection(inputs, of.inProjWeight, of.inProjBias) : projectApart(inputs, of);
  return [byHeads(q, 0, of), byHeads(k, 1, of), byHeads(v, 2, of)];
}

/** One of the three by itself, without a gradient: the packed parameters are read where they lie. */
export function projectPart(x: Tensor, part: Part, of: HeadProjection): Tensor {
  return noGrad(() =>
    scope(() => {
      const widths = projectedWidths(of);
      const start = widths.slice(0, part).reduce((sum, width) => sum + width, 0);
      const { inProjWeight } = of;
      const embedDim = inProjWeight?.shape[1] ?? 0;
      const weight = inProjWeight ? slice(inProjWeight, start * embedDim, [widths[part], embedDim]) : weightsOf(of)[part];
      return byHeads(linear(x, weight, of.inProjBias && slice(of.inProjBias, start, [widths[part]])), part, of);
    }),
  );
}

function projectApart(inputs: readonly Tensor[], of: HeadProjection): [Tensor, Tensor, Tensor] {
  const weights = weightsOf(of);
  const widths = projectedWidths(of);
  let start = 0;
  return inputs.map((x, i) => {
    const length = widths[i]!;
    const bias = of.inProjBias && narrow(of.inProjBias, { start, length });
    start += length;
    return linear(x, weights[i]!, bias);
  }) as [Tensor, Tensor, Tensor];
}

function weightsOf({ qProjWeight, kProjWeight, vProjWeight }: HeadProjection): [Tensor, Tensor, Tensor] {
  return [qProjWeight!, kProjWeight!, vProjWeight!];
}

function byHeads(x: Tensor, part: Part, of: HeadProjection): Tensor {
  const [batch, length] = x.shape as [number, number];
  const heads = x.reshape([batch, length, part === 0 ? of.numHeads : of.numKvHeads, part === 2 ? of.valueHeadDim : of.headDim]);
  const norm = [of.qNorm, of.kNorm, null][part];
  return norm ? norm.forward(heads) : heads;
}
