import { type AttentionResult, packedAttention, scaledDotProductAttention } from "../ops/attention.ts";
import { expectProbability } from "../ops/checks.ts";
import { concat } from "../ops/concat.ts";
import { expand } from "../ops/expand.ts";
import { withFreeKeys } from "../ops/freeKeys.ts";
import { linear } from "../ops/linear.ts";
import { all, causal, type Mask } from "../ops/mask.ts";
import { mean } from "../ops/mean.ts";
import type { Places } from "../positional/places.ts";
import type { PositionalEncoding } from "../positional/positionalEncoding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { attendCached, attendMemory } from "./cachedAttention.ts";
import { projectedWidths, projectHeads } from "./headProjection.ts";
import { xavierNormal, xavierUniform } from "./init.ts";
import type { KeyValueCache } from "./keyValueCache.ts";
import { Linear } from "./linear.ts";
import { Module, parameter } from "./module.ts";
import { Positional } from "./positional.ts";
import { attnMask, keyPaddingMask } from "./pytorchMasks.ts";
import { RMSNorm } from "./rmsNorm.ts";

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
  /** Width of one head of query and key, d_k; `embedDim / numHeads` if left out. */
  headDim?: number;
  /** Width of one head of value, d_v; `headDim` if left out. */
  valueHeadDim?: number;
  /** Heads of key and value, each shared by a group of query heads (Ainslie et al. 2023); `numHeads` if left out. */
  numKvHeads?: number;
  /** What the scores are multiplied by. Default `1 / √headDim`. */
  scale?: number | undefined;
  /** Normalise each head's query and key (Henry et al. 2020) with an `RMSNorm` over headDim, before they are placed. */
  qkNorm?: boolean;
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
  /** Where queries and keys stand, for `positional`; from 0 each if left out, or behind the tokens of the `cache`. */
  places?: Places | undefined;
  /**
   * Self-attention over the tokens that it holds and the new ones, which it takes up: `key` and `value` must be `query`. Says nothing about who
   * sees whom; `step` is causal.
   */
  cache?: KeyValueCache | null | undefined;
  /** Attention to the same `key` and `value` again and again: they are projected in the first call, and later ones find them here. */
  memoryCache?: KeyValueCache | null | undefined;
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
  /** `[3 · embedDim, embedDim]`: query's, key's and value's; null where one of the three is of another size. */
  readonly inProjWeight: Tensor | null;
  readonly qProjWeight: Tensor | null;
  readonly kProjWeight: Tensor | null;
  readonly vProjWeight: Tensor | null;
  /** Query's, key's and value's, `[3 · embedDim]` where all are as wide as that. */
  readonly inProjBias: Tensor | null;
  /** `[1, 1, numKvHeads · headDim]` and `[1, 1, numKvHeads · valueHeadDim]`. */
  readonly biasK: Tensor | null;
  readonly biasV: Tensor | null;
  readonly qNorm: RMSNorm | null;
  readonly kNorm: RMSNorm | null;
  readonly outProj: Linear;
  readonly positional: Positional | null;
  readonly embedDim: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly valueHeadDim: number;
  readonly scale: number | undefined;
  readonly dropout: number;
  readonly addZeroAttn: boolean;

  /** Throws `SHAPE` if `numHeads` divides `embedDim` as little as `headDim` is given, or `numKvHeads` not `numHeads`; `RANGE`. */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, addBiasKv = false, addZeroAttn = false } = options;
    const { positional = null, qkNorm = false, scale } = options;
    const { numKvHeads, headDim, valueHeadDim } = checkHeads(embedDim, numHeads, options);
    expectProbability("MultiheadAttention", "dropout", dropout);
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.numKvHeads = numKvHeads;
    this.headDim = headDim;
    this.valueHeadDim = valueHeadDim;
    this.scale = scale;
    this.dropout = dropout;
    this.addZeroAttn = addZeroAttn;
    const [queryWidth, keyWidth, valueWidth] = projectedWidths(this);
    const packed = [kdim, vdim, queryWidth, keyWidth, valueWidth].every((width) => width === embedDim);
    this.inProjWeight = packed ? parameter(xavierUniform([3 * embedDim, embedDim])) : null;
    this.qProjWeight = packed ? null : parameter(xavierUniform([queryWidth, embedDim]));
    this.kProjWeight = packed ? null : parameter(xavierUniform([keyWidth, kdim]));
    this.vProjWeight = packed ? null : parameter(xavierUniform([valueWidth, vdim]));
    this.inProjBias = bias ? parameter(zeros([queryWidth + keyWidth + valueWidth])) : null;
    this.biasK = addBiasKv ? parameter(xavierNormal([1, 1, keyWidth])) : null;
    this.biasV = addBiasKv ? parameter(xavierNormal([1, 1, valueWidth])) : null;
    this.qNorm = qkNorm ? new RMSNorm(headDim) : null;
    this.kNorm = qkNorm ? new RMSNorm(headDim) : null;
    this.outProj = new Linear(numHeads * valueHeadDim, embedDim, { bias });
    this.outProj.bias?.view().fill(0);
    this.positional = positional && Positional.forAttention("MultiheadAttention", positional, { embedDim, numHeads, headDim });
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
      const out = this.outProj.forward(heads.reshape(query.shape.with(-1, this.numHeads * this.valueHeadDim)));
      return { out, ...(weights && { weights: averageAttnWeights ? mean(weights, { axis: 1 }) : weights }) };
    });
  }

  /**
   * The new tokens `x [batch, newLen, embedDim]` behind those that `cache` holds, and takes up with them; each sees itself and what came before.
   * No gradient. Equal to `forward` over all tokens with a causal mask. Throws as `forward` does, `RANGE` if the cache is full, `UNSUPPORTED` with
   * `addBiasKv` or `addZeroAttn`.
   */
  step(
    x: Tensor,
    cache: KeyValueCache,
    call: Omit<MultiheadAttentionCall, "cache" | "memoryCache" | "isCausal"> = {},
  ): MultiheadAttentionResult {
    const mask = all(causal({ offset: cache.length }), call.mask);
    return noGrad(() => this.forward(x, x, x, { ...call, mask, cache }));
  }

  #attend(query: Tensor, key: Tensor, value: Tensor, call: MultiheadAttentionCall): AttentionResult {
    const { numHeads, positional, scale } = this;
    const { needWeights = false, cache, memoryCache } = call;
    const dropout = this.training ? this.dropout : 0;
    const extra = (this.biasK ? 1 : 0) + (this.addZeroAttn ? 1 : 0);
    if (cache || memoryCache) return this.#attendCached(query, key, value, { ...call, dropout });
    const mask = this.#mask(query, key, call);
    const plain = extra === 0 && !positional && !this.qNorm;
    if (query === key && key === value && this.inProjWeight && plain)
      return packedAttention(linear(query, this.inProjWeight, this.inProjBias), { numHeads, mask, scale, dropout, needWeights });
    const [q, k, v] = projectHeads([query, key, value], this);
    const [placedQuery, placedKey] = positional?.rotate(q, k, call.places) ?? [q, k];
    const placedMask = positional ? positional.addToMask(mask, q, placedKey, { ...call.places, scale }) : mask;
    const allKeys = this.#withExtraRow(placedKey, this.biasK);
    const allValues = this.#withExtraRow(v, this.biasV);
    const dims = { batch: q.shape[0]!, numHeads, queryLen: q.shape[1]!, keyLen: k.shape[1]! };
    const result = scaledDotProductAttention(placedQuery, allKeys, allValues, {
      mask: extra > 0 ? withFreeKeys("MultiheadAttention", placedMask, dims, extra) : placedMask,
      scale,
      dropout,
      needWeights: needWeights || (positional?.hasValues ?? false),
    });
    if (!positional?.hasValues) return result;
    const { out, weights } = positional.addToOut(result, dims.keyLen, call.places);
    return { out, ...(needWeights && { weights }) };
  }

  #attendCached(query: Tensor, key: Tensor, value: Tensor, call: MultiheadAttentionCall & { dropout: number }): AttentionResult {
    const refuse = (rule: string): never => {
      throw new FoveaError("UNSUPPORTED", `MultiheadAttention: with a cache ${rule}`);
    };
    const { cache, memoryCache } = call;
    if (cache && memoryCache) refuse("say which one, got cache and memoryCache");
    if (cache && (key !== query || value !== query))
      refuse("query, key and value must be the same tensor, got different ones; memoryCache is for those of others");
    if (this.biasK || this.addZeroAttn) refuse("there can be no addBiasKv and no addZeroAttn");
    if (call.attnMask || call.keyPaddingMask || call.isCausal)
      refuse("say who sees whom by mask, which counts keys from the first token, got attnMask, keyPaddingMask or isCausal");
    return cache ? attendCached(this, query, cache, call) : attendMemory(this, query, [key, value], memoryCache!, call);
  }

  /** `x [batch, keyLen, numHeads, headDim]`, and after its keys the trained row and one of zeros, as far as this module has them. */
  #withExtraRow(x: Tensor, row: Tensor | null): Tensor {
    const shape = x.shape.with(1, 1);
    const rows = [...(row ? [expand(row.reshape(shape.with(0, 1)), shape)] : []), ...(this.addZeroAttn ? [zeros(shape)] : [])];
    return rows.length === 0 ? x : concat([x, ...rows], { axis: 1 });
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

function checkHeads(
  embedDim: number,
  numHeads: number,
  { headDim, valueHeadDim, numKvHeads = numHeads }: MultiheadAttentionOptions,
): { numKvHeads: number; headDim: number; valueHeadDim: number } {
  if (!(numHeads >= 1) || (headDim === undefined && !Number.isInteger(embedDim / numHeads)))
    throw new FoveaError("SHAPE", `MultiheadAttention: embedDim must be a multiple of numHeads, got ${embedDim} and ${numHeads}`);
  if (!(numKvHeads >= 1) || !Number.isInteger(numHeads / numKvHeads))
    throw new FoveaError(
      "SHAPE",
      `MultiheadAttention: numHeads must be a multiple of numKvHeads, got ${numHeads} and ${numKvHeads}`,
    );
  const width = headDim ?? embedDim / numHeads;
  for (const [name, value] of Object.entries({ headDim: width, valueHeadDim: valueHeadDim ?? width }))
    if (!Number.isInteger(value) || value < 1)
      throw new FoveaError("RANGE", `MultiheadAttention: ${name} must be a whole number of at least 1, got ${value}`);
  return { numKvHeads, headDim: width, valueHeadDim: valueHeadDim ?? width };
}
