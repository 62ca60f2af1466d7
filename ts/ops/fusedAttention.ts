import { type Grads, recordMany } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { nextKey } from "../tensor/rng.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { sumTo } from "./expand.ts";
import { countFlops } from "./flops.ts";
import type { Mask } from "./mask.ts";
import { broadcastSizes, type MaskArguments, maskArguments, maskTensors } from "./maskArguments.ts";

export interface AttentionOptions {
  mask?: Mask | null | undefined;
  /** What the scores are multiplied by. Default `1 / √headDim`. */
  scale?: number | undefined;
  /** The probability of dropping a weight, from 0 and below 1. Always applied: give 0 when not training. */
  dropout?: number;
  /** `softcap · tanh(scores / softcap)` keeps the scores within ±softcap; 0 for none. */
  softcap?: number;
  /** Also give the weights, whole and before dropout. They have gradients. */
  needWeights?: boolean;
  /** Also give the log-sum-exp of each row of scores. It has no gradient. */
  needLse?: boolean;
}

export interface AttentionResult {
  /** `[batch, queryLen, numHeads, valueHeadDim]` */
  out: Tensor;
  /** `[batch, numHeads, queryLen, keyLen]`, if asked for. */
  weights?: Tensor;
  /** `[batch, numHeads, queryLen]`, if asked for; −∞ where a query may attend to nothing. */
  lse?: Tensor;
}

export interface AttentionLayout {
  readonly batch: number;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly valueHeadDim: number;
  /** Elements from one token to the next. */
  readonly queryStride: number;
  readonly keyStride: number;
  readonly valueStride: number;
}

/** Where query, key and value come from, and where their gradients go. */
export interface AttentionSource {
  readonly inputs: readonly Tensor[];
  /** The three as the kernel reads them. Those that are not `inputs` themselves are made for the call and freed after it. */
  views(): readonly Tensor[];
  /** What the kernel writes all three gradients to, each from its offset on. */
  gradientBuffer(grads: Grads): Tensor;
  readonly offsets: readonly number[];
  /** From that buffer, the gradients of `inputs`. */
  gradients(dPacked: Tensor, grads: Grads): (Tensor | null)[];
}

/** What the kernels are told beside the buffers. */
interface Scores {
  readonly scale: number;
  readonly softcap: number;
  readonly dropout: number;
  readonly dropoutKey: number;
}

/** The one way to the attention kernels. */
export function fusedAttention(
  op: string,
  source: AttentionSource,
  layout: AttentionLayout,
  options: AttentionOptions,
): AttentionResult {
  const { mask = null, needWeights = false, needLse = false } = options;
  const scores = checkScores(op, layout, options);
  const masks = maskArguments(op, mask, layout);
  const { batch, numHeads, queryLen, keyLen, valueHeadDim } = layout;
  const out = empty([batch, queryLen, numHeads, valueHeadDim]);
  const lse = empty([batch, numHeads, queryLen]);
  const weights = needWeights ? empty([batch, numHeads, queryLen, keyLen]) : null;
  const call = { ...layout, ...scores, ...callArguments(masks) };
  forward(source, layout, call, out, lse, weights);

  const { bias } = masks;
  const temporaries = maskTensors(masks);
  const outs = weights ? [out, weights] : [out];
  const saved = [...source.inputs, ...outs, lse, ...temporaries];
  recordMany(outs, [...source.inputs, bias], saved, ([dOut = null, dWeights = null], grads) => {
    const inputCount = source.inputs.length;
    const dBias = bias && grads.wants(inputCount) ? empty([batch, numHeads, queryLen, keyLen]) : null;
    const dPacked = source.gradientBuffer(grads);
    backward(source, layout, call, { out, lse, weights, dOut, dWeights, dPacked, dBias });
    return [...source.gradients(dPacked, grads), dBias && sumTo(dBias, bias!.shape)];
  });

  for (const temporary of temporaries) temporary.dispose();
  if (!needLse) lse.dispose();
  return { out, ...(weights && { weights }), ...(needLse && { lse }) };
}

type Call = AttentionLayout & Scores & ReturnType<typeof callArguments>;

function forward(
  source: AttentionSource,
  layout: AttentionLayout,
  call: Call,
  out: Tensor,
  lse: Tensor,
  weights: Tensor | null,
): void {
  if (isEmpty(layout)) {
    fill(out, 0);
    fill(lse, Number.NEGATIVE_INFINITY);
    return;
  }
  const { batch, numHeads, queryLen, keyLen, headDim, valueHeadDim } = layout;
  countFlops(2 * batch * numHeads * queryLen * keyLen * (headDim + valueHeadDim));
  withViews(source, (query, key, value) => {
    kernels.attentionForward({ query, key, value, out, lse, ...call });
    if (weights) kernels.attentionWeights({ query, key, lse, weights, ...call });
  });
}

interface BackwardBuffers {
  readonly out: Tensor;
  readonly lse: Tensor;
  readonly weights: Tensor | null;
  readonly dOut: Tensor | null;
  readonly dWeights: Tensor | null;
  readonly dPacked: Tensor;
  readonly dBias: Tensor | null;
}

function backward(source: AttentionSource, layout: AttentionLayout, call: Call, buffers: BackwardBuffers): void {
  const { out, lse, dPacked, dBias, dWeights } = buffers;
  if (isEmpty(layout)) {
    fill(dPacked, 0);
    if (dBias) fill(dBias, 0);
    return;
  }
  const dOut = buffers.dOut ?? zerosLike(out); // only the weights were used
  const weights = dWeights && buffers.weights;
  const [dQueryOffset, dKeyOffset, dValueOffset] = source.offsets as readonly [number, number, number];
  const places = { dPackedLen: dPacked.length, dQueryOffset, dKeyOffset, dValueOffset };
  withViews(source, (query, key, value) => {
    kernels.attentionBackward({ query, key, value, out, dOut, lse, weights, dWeights, dPacked, dBias, ...places, ...call });
  });
}

function withViews(source: AttentionSource, run: (query: Tensor, key: Tensor, value: Tensor) => void): void {
  const [query, key, value] = source.views() as readonly [Tensor, Tensor, Tensor];
  run(query, key, value);
  for (const view of [query, key, value]) if (!source.inputs.includes(view)) view.dispose();
}

function callArguments(masks: MaskArguments): MaskArguments & ReturnType<typeof broadcastSizes> {
  return { ...masks, ...broadcastSizes(masks) };
}

function checkScores(op: string, { headDim }: AttentionLayout, options: AttentionOptions): Scores {
  const { scale = 1 / Math.sqrt(headDim), dropout = 0, softcap = 0 } = options;
  if (!Number.isFinite(scale) && headDim > 0) throw new FoveaError("RANGE", `${op}: scale must be finite, got ${scale}`);
  if (!(dropout >= 0 && dropout < 1)) throw new FoveaError("RANGE", `${op}: dropout must be from 0 and below 1, got ${dropout}`);
  if (!(softcap >= 0)) throw new FoveaError("RANGE", `${op}: softcap must be at least 0 (0: none), got ${softcap}`);
  return { scale, softcap, dropout, dropoutKey: dropout > 0 ? nextKey() : 0 };
}

/** No token to compute, or none to attend to: the kernels are not asked. */
function isEmpty({ batch, queryLen, keyLen, numHeads }: AttentionLayout): boolean {
  return batch * queryLen * keyLen * numHeads === 0;
}

function fill(out: Tensor, value: number): void {
  if (out.length > 0) kernels.fill({ out, n: out.length, value });
}

function zerosLike(x: Tensor): Tensor {
  const out = empty(x.shape);
  fill(out, 0);
  return out;
}
