import { scaledDotProductAttention } from "../ops/attention.ts";
import { expand } from "../ops/expand.ts";
import { argmax } from "../ops/extremes.ts";
import { gather } from "../ops/gather.ts";
import { lengthsTensor } from "../ops/lengths.ts";
import { all, keep, lengths, type Mask } from "../ops/mask.ts";
import { type MeanPoolOptions, meanPool } from "../ops/meanPool.ts";
import { narrow } from "../ops/narrow.ts";
import { maskedFill, where } from "../ops/where.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectDType, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

/** Which positions count: the first of each item, those of a bool tensor `[batch, seqLen]`, or both; all if neither is given. */
export type PoolCall = MeanPoolOptions;

/** From a vector for each position, `[batch, seqLen, embedDim]`, to one for the sequence, `[batch, embedDim]`. */
export type Pool = Module & { forward(x: Tensor, call?: PoolCall): Tensor };

/** The pools that a model may name: `cls` is the first position. */
export type Pooling = keyof typeof POOLS;

/** Throws `RANGE` for a name that is none of them. */
export function poolOf(op: string, pooling: Pooling, embedDim: number): Pool {
  if (Object.hasOwn(POOLS, pooling)) return POOLS[pooling](embedDim);
  const names = Object.keys(POOLS).join(", ");
  throw new FoveaError("RANGE", `${op}: pooling must be one of ${names}, got ${JSON.stringify(pooling)}`);
}

/** The mean over the positions that count. */
export class MeanPool extends Module {
  forward(x: Tensor, call: PoolCall = {}): Tensor {
    return meanPool(x, call);
  }
}

/**
 * The largest value of each feature over the positions that count, NaN if one of them is; its gradient goes to the first of equal ones, as of PyTorch's
 * `max` along an axis. An item in which no position counts gives 0.
 */
export class MaxPool extends Module {
  /** Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, call: PoolCall = {}): Tensor {
    expectAxes("MaxPool", { x }, ["batch", "seqLen", "embedDim"]);
    const [batch, seqLen, embedDim] = x.shape as [number, number, number];
    return scope(() => {
      const { hidden, filled } = countingOf(call, batch, seqLen);
      if (seqLen === 0) return meanPool(x); // 0, of no position as well
      const visible = maskedFill(x, hidden, Number.NEGATIVE_INFINITY);
      const places = argmax(visible, { axis: 1 });
      const largest = gather(visible, 1, places.reshape([batch, 1, embedDim]));
      return where(filled, largest.reshape([batch, embedDim]), 0);
    });
  }
}

/** bool: the positions that do not count, `[batch, seqLen, 1]`, and the items in which one does, `[batch, 1]`. */
function countingOf(
  { lengths: counts, keep: kept }: PoolCall,
  batch: number,
  seqLen: number,
): { hidden: Tensor; filled: Tensor } {
  expectShape("MaxPool", { keep: kept }, [batch, seqLen]);
  expectDType("MaxPool", { keep: kept }, "bool");
  if (counts && counts.length !== batch)
    throw new FoveaError("MASK", `MaxPool: lengths must have batch = ${batch} entries, got ${counts.length}`);
  const sizes = counts && lengthsTensor("MaxPool", counts, seqLen).view();
  const flags = kept?.view();
  const [hidden, filled] = [empty([batch, seqLen, 1], "bool"), empty([batch, 1], "bool")];
  const [hides, fills] = [hidden.view(), filled.view().fill(0)];
  for (let i = 0; i < hides.length; i += 1) {
    const item = Math.floor(i / seqLen);
    const counting = i % seqLen < (sizes?.[item] ?? seqLen) && flags?.[i] !== 0;
    hides[i] = counting ? 0 : 1;
    if (counting) fills[item] = 1;
  }
  return { hidden, filled };
}

/** The first position, where models put a token for the whole sequence. */
export class FirstPool extends Module {
  /** Throws `RANK`, `RANGE` if there is no position. */
  forward(x: Tensor, _: PoolCall = {}): Tensor {
    expectAxes("FirstPool", { x }, ["batch", "seqLen", "embedDim"]);
    if (x.shape[1] === 0) throw new FoveaError("RANGE", `FirstPool: seqLen must be at least 1, got ${formatShape(x.shape)}`);
    return scope(() => narrow(x, { axis: 1, start: 0, length: 1 }).reshape([x.shape[0]!, x.shape[2]!]));
  }
}

/**
 * A mean weighted by attention with a trained query (Yang et al. 2016): `Σ softmax(scale · query · x) · x`, each head over its share
 * of the width. The query starts as 0, so this starts as the mean. An item in which no position counts gives 0.
 */
export class AttentionPool extends Module {
  /** `[embedDim]` */
  readonly query: Tensor;
  readonly numHeads: number;

  /** Throws `SHAPE` if `numHeads` does not divide `embedDim`. */
  constructor(embedDim: number, { numHeads = 1 }: { numHeads?: number } = {}) {
    super();
    if (!(numHeads >= 1) || embedDim % numHeads !== 0)
      throw new FoveaError("SHAPE", `AttentionPool: embedDim must be a multiple of numHeads, got ${embedDim} and ${numHeads}`);
    this.query = parameter(zeros([embedDim]));
    this.numHeads = numHeads;
  }

  /** Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, call: PoolCall = {}): Tensor {
    expectAxes("AttentionPool", { x }, ["batch", "seqLen", "embedDim"]);
    const { numHeads } = this;
    const [batch, seqLen, embedDim] = x.shape as [number, number, number];
    expectShape("AttentionPool", { x }, [batch, seqLen, this.query.length]);
    return scope(() => {
      const headDim = embedDim / numHeads;
      const positions = x.reshape([batch, seqLen, numHeads, headDim]);
      const query = expand(this.query.reshape([1, 1, numHeads, headDim]), [batch, 1, numHeads, headDim]);
      const { out } = scaledDotProductAttention(query, positions, positions, { mask: maskOf(call, batch, seqLen) });
      return out.reshape([batch, embedDim]);
    });
  }
}

function maskOf({ lengths: counts, keep: kept }: PoolCall, batch: number, seqLen: number): Mask {
  expectShape("AttentionPool", { keep: kept }, [batch, seqLen]);
  return all(counts && lengths(counts), kept && keep(kept.reshape([batch, 1, 1, seqLen])));
}

const POOLS = {
  mean: () => new MeanPool(),
  cls: () => new FirstPool(),
  max: () => new MaxPool(),
  attention: (embedDim: number) => new AttentionPool(embedDim),
} satisfies Record<string, (embedDim: number) => Pool>;
