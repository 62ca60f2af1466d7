import { type AttentionResult, packedAttention, scaledDotProductAttention } from "../ops/attention.ts";
import { expectProbability } from "../ops/checks.ts";
import { concat } from "../ops/concat.ts";
import { expand } from "../ops/expand.ts";
import { withFreeKeys } from "../ops/freeKeys.ts";
import { linear } from "../ops/linear.ts";
import { all, causal, type Mask } from "../ops/mask.ts";
import { mean } from "../ops/mean.ts";
import { narrow } from "../ops/narrow.ts";
import { packedProjection } from "../ops/packedProjection.ts";
import type { Places } from "../positional/places.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { xavierNormal, xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, parameter } from "./module.ts";
import { Positional } from "./positional.ts";
import { attnMask, keyPaddingMask } from "./pytorchMasks.ts";

export interface MultiheadAttentionOptions {
  /** The probability of dropping a weight while training. */
  dropout?: number;
  /** Whether the projections have biases. */
  bias?: boolean;
  /** Widths of key and value, `embedDim` if left out. */
  kdim?: number;
  vdim?: number;
  /** Add one trained key and value that every query may attend to. */
  addBiasKv?: boolean;
  /** Add a key and value of zeros that every query may attend to. */
  addZeroAttn?: boolean;
  /** `rotary()`, `alibi()`, …: what tells attention where tokens stand. A `Positional` is shared with the others that are given it. */
  positional?: PositionalEncoding | Positional | null;
}

export interface MultiheadAttentionCall {
  /** Who may attend to whom: `causal()`, `lengths([…])`, … */
  mask?: Mask | null | undefined;
  /** PyTorch's: `[batch, keyLen]`, bool and **true = ignore this key**, or float and added to the scores. */
  keyPaddingMask?: Tensor | null | undefined;
  /**
   * PyTorch's: `[queryLen, keyLen]` or `[batch · numHeads, queryLen, keyLen]`, bool and **true = may not attend**, or float and
   * added.
   */
  attnMask?: Tensor | null | undefined;
  /** The same as `mask: causal()`. */
  isCausal?: boolean;
  /** Also give the attention weights (before dropout). */
  needWeights?: boolean;
  /** Their mean over the heads, rather than each head's own. */
  averageAttnWeights?: boolean;
  /** Where queries and keys stand, for `positional`; from 0 each if left out. */
  places?: Places | undefined;
}

export interface MultiheadAttentionResult {
  /** `[batch, queryLen, embedDim]` */
  out: Tensor;
  /** `[batch, queryLen, keyLen]`, or `[batch, numHeads, queryLen, keyLen]` if not averaged. */
  weights?: Tensor;
}

/**
 * `concat(head₁, …) · W_O`, each head attention over its own share of the projected query, key and value (Vaswani et al. 2017).
 * PyTorch's module, batch first, with its defaults, initial values and state-dict keys; where PyTorch gives NaN, in a row that
 * may attend to nothing, this gives 0.
 */
export class MultiheadAttention extends Module {
  /** `[3 · embedDim, embedDim]`: query's, key's and value's; null where `kdim` or `vdim` differ from `embedDim`. */
  readonly inProjWeight: Tensor | null;
  readonly qProjWeight: Tensor | null;
  readonly kProjWeight: Tensor | null;
  readonly vProjWeight: Tensor | null;
  /** `[3 · embedDim]` */
  readonly inProjBias: Tensor | null;
  /** `[1, 1, embedDim]` */
  readonly biasK: Tensor | null;
  readonly biasV: Tensor | null;
  readonly outProj: Linear;
  readonly positional: Positional | null;
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly addZeroAttn: boolean;

  /** Throws `SHAPE` if `numHeads` does not divide `embedDim`, `RANGE`. */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, addBiasKv = false, addZeroAttn = false } = options;
    const { positional = null } = options;
    if (!(numHeads >= 1) || !Number.isInteger(embedDim / numHeads))
      throw new FoveaError(
        "SHAPE",
        `MultiheadAttention: embedDim must be a multiple of numHeads, got ${embedDim} and ${numHeads}`,
      );
    expectProbability("MultiheadAttention", "dropout", dropout);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = dropout;
    this.addZeroAttn = addZeroAttn;
    const packed = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = packed ? parameter(xavierUniform([3 * embedDim, embedDim])) : null;
    this.qProjWeight = packed ? null : parameter(xavierUniform([embedDim, embedDim]));
    this.kProjWeight = packed ? null : parameter(xavierUniform([embedDim, kdim]));
    this.vProjWeight = packed ? null : parameter(xavierUniform([embedDim, vdim]));
    this.inProjBias = bias ? parameter(zeros([3 * embedDim])) : null;
    this.biasK = addBiasKv ? parameter(xavierNormal([1, 1, embedDim])) : null;
    this.biasV = addBiasKv ? parameter(xavierNormal([1, 1, embedDim])) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    this.outProj.bias?.view().fill(0);
    this.positional = positional && Positional.forAttention("MultiheadAttention", positional, { embedDim, numHeads });
  }

  /**
   * `query [batch, queryLen, embedDim]`, `key [batch, keyLen, kdim]`, `value [batch, keyLen, vdim]`. The same tensor three times
   * is self-attention, which projects and attends without a copy. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
   */
  forward(query: Tensor, key: Tensor, value: Tensor, call: MultiheadAttentionCall = {}): MultiheadAttentionResult {
    const { averageAttnWeights = true } = call;
    return scope(() => {
      expectAxes("MultiheadAttention", { query, key, value }, ["batch", "length", "width"]);
      const { out: heads, weights } = this.#attend(query, key, value, call);
      const out = this.outProj.forward(heads.reshape(query.shape.with(-1, this.embedDim)));
      return { out, ...(weights && { weights: averageAttnWeights ? mean(weights, { axis: 1 }) : weights }) };
    });
  }

  #attend(query: Tensor, key: Tensor, value: Tensor, call: MultiheadAttentionCall): AttentionResult {
    const { numHeads, positional } = this;
    const { needWeights = false } = call;
    const mask = this.#mask(query, key, call);
    const dropout = this.training ? this.dropout : 0;
    const extra = (this.biasK ? 1 : 0) + (this.addZeroAttn ? 1 : 0);
    if (query === key && key === value && this.inProjWeight && extra === 0 && !positional)
      return packedAttention(linear(query, this.inProjWeight, this.inProjBias), { numHeads, mask, dropout, needWeights });
    const [q, k, v] = this.#project(query, key, value).map((x) => this.#heads(x)) as [Tensor, Tensor, Tensor];
    const placed = positional ? positional.place(q, k, mask, call.places) : { query: q, key: k, mask };
    const allKeys = this.#withExtraRow(placed.key, this.biasK);
    const allValues = this.#withExtraRow(v, this.biasV);
    const dims = { batch: q.shape[0]!, numHeads, queryLen: q.shape[1]!, keyLen: k.shape[1]! };
    const result = scaledDotProductAttention(placed.query, allKeys, allValues, {
      mask: extra > 0 ? withFreeKeys("MultiheadAttention", placed.mask, dims, extra) : placed.mask,
      dropout,
      needWeights: needWeights || (positional?.hasValues ?? false),
    });
    if (!positional?.hasValues) return result;
    const { out, weights } = positional.placeValues(result, dims.keyLen, call.places);
    return { out, ...(needWeights && { weights }) };
  }

  #project(query: Tensor, key: Tensor, value: Tensor): readonly [Tensor, Tensor, Tensor] {
    const { embedDim, inProjBias } = this;
    if (this.inProjWeight) return packedProjection([query, key, value], this.inProjWeight, inProjBias);
    const weights = [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!];
    return [query, key, value].map((x, i) => {
      const bias = inProjBias && narrow(inProjBias, { start: i * embedDim, length: embedDim });
      return linear(x, weights[i]!, bias);
    }) as [Tensor, Tensor, Tensor];
  }

  /** `x [batch, keyLen, numHeads, headDim]`, and after its keys the trained row and one of zeros, as far as this module has them. */
  #withExtraRow(x: Tensor, row: Tensor | null): Tensor {
    const shape = x.shape.with(1, 1);
    const rows = [...(row ? [expand(row.reshape(shape.with(0, 1)), shape)] : []), ...(this.addZeroAttn ? [zeros(shape)] : [])];
    return rows.length === 0 ? x : concat([x, ...rows], { axis: 1 });
  }

  #heads(x: Tensor): Tensor {
    const [batch, length] = x.shape as [number, number];
    return x.reshape([batch, length, this.numHeads, this.embedDim / this.numHeads]);
  }

  #mask(query: Tensor, key: Tensor, call: MultiheadAttentionCall): Mask | null {
    const { numHeads } = this;
    const [batch, queryLen] = query.shape as [number, number];
    const keyLen = key.shape[1]!;
    const parts = [
      call.mask,
      call.isCausal ? causal() : null,
      call.keyPaddingMask && keyPaddingMask(call.keyPaddingMask, { batch, keyLen }),
      call.attnMask && attnMask(call.attnMask, { batch, numHeads, queryLen, keyLen }),
    ].filter((mask) => mask != null);
    return parts.length > 1 ? all(...parts) : (parts[0] ?? null);
  }
}
