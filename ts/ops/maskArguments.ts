import { FoveaError } from "../runtime/errors.ts";
import { expectDType, formatShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { expectFloat } from "./checks.ts";
import { expand } from "./expand.ts";
import { lengthsTensor } from "./lengths.ts";
import type { Mask } from "./mask.ts";
import { rangesTensor } from "./maskRanges.ts";

/** The sizes a mask is broadcast to. */
export interface ScoreDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly queryLen: number;
  readonly keyLen: number;
}

/** What `all(…)` comes down to: at most one of each kind. */
export interface MaskArguments {
  /** int32 `[batch]`. */
  readonly keyLengths: Tensor | null;
  /** bool, four axes, each 1 or full; the last one full. */
  readonly keep: Tensor | null;
  /** float32, likewise; part of the caller's graph. */
  readonly bias: Tensor | null;
  readonly causal: boolean;
  readonly causalOffset: number;
  /** −1: none. */
  readonly window: number;
  /** So many keys are seen in spite of the window. */
  readonly sinks: number;
  /** int32 `[1 or batch, queryLen, 2]`. */
  readonly ranges: Tensor | null;
  /** float32 `[numHeads]`. */
  readonly slopes: Tensor | null;
  readonly slopeOffset: number;
}

/**
 * What a mask comes down to for scores of these sizes. Throws `MASK`, `RANGE`, `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`, with `op` in
 * the text.
 */
export function maskArguments(op: string, mask: Mask | null, dims: ScoreDims): MaskArguments {
  const parts = mask === null ? [] : flat(mask);
  const offset = onlyOffset(op, parts);
  const windows = parts.flatMap((part) => (part.kind === "window" ? [part.size] : []));
  const flags = parts.flatMap((part) => (part.kind === "keep" || part.kind === "drop" ? [part] : []));
  const biases = parts.flatMap((part) => (part.kind === "bias" ? [part.bias] : []));
  for (const { kind, mask } of flags) expectBool(op, kind, mask);
  for (const bias of biases) expectFloat(op, { bias });
  const shapes = flags.map(({ kind, mask }) => alignedShape(op, kind, mask, dims));
  for (const bias of biases) alignedShape(op, "bias", bias, dims);
  return {
    keyLengths: shortest(op, parts, dims),
    keep: flags.length === 0 ? null : combine(flags, shapes, dims.keyLen),
    bias: biases.length === 0 ? null : addUp(biases, dims),
    causal: offset !== null,
    causalOffset: offset ?? 0,
    window: windows.length === 0 ? -1 : Math.min(...windows),
    sinks: Math.max(0, ...parts.flatMap((part) => (part.kind === "sinks" ? [part.count] : []))),
    ranges: rangesTensor(op, parts, dims),
    ...onlySlopes(op, parts, dims),
  };
}

/** The tensors that were made, or borrowed by a reshape, for one call. */
export const maskTensors = ({ keyLengths, keep, bias, ranges, slopes }: MaskArguments): Tensor[] =>
  [keyLengths, keep, bias, ranges, slopes].filter((tensor) => tensor !== null);

/** Sizes as the kernels want them: of `keep` and `bias` along all but the last axis, of `ranges` along the first. */
export function broadcastSizes({ keep, bias, ranges }: MaskArguments): {
  keepBatch: number;
  keepHeads: number;
  keepQueries: number;
  biasBatch: number;
  biasHeads: number;
  biasQueries: number;
  rangesBatch: number;
} {
  const [keepBatch = 1, keepHeads = 1, keepQueries = 1] = keep?.shape ?? [];
  const [biasBatch = 1, biasHeads = 1, biasQueries = 1] = bias?.shape ?? [];
  return { keepBatch, keepHeads, keepQueries, biasBatch, biasHeads, biasQueries, rangesBatch: ranges?.shape[0] ?? 1 };
}

function flat(mask: Mask): Mask[] {
  return mask.kind === "all" ? mask.masks.flatMap(flat) : [mask];
}

function onlyOffset(op: string, parts: readonly Mask[]): number | null {
  const offsets = parts.flatMap((part) => (part.kind === "causal" ? [part.offset] : []));
  const other = offsets.find((offset) => offset !== offsets[0]);
  if (other !== undefined)
    throw new FoveaError(
      "MASK",
      `${op}: two causal masks contradict each other, got offsets ${offsets[0]} and ${other}; give one`,
    );
  return offsets[0] ?? null;
}

function onlySlopes(op: string, parts: readonly Mask[], { numHeads }: ScoreDims): Pick<MaskArguments, "slopes" | "slopeOffset"> {
  const [first, other] = parts.filter((part) => part.kind === "slopes");
  if (first === undefined) return { slopes: null, slopeOffset: 0 };
  if (other !== undefined) throw new FoveaError("MASK", `${op}: slopes may be given once, got two of them`);
  if (first.slopes.length !== numHeads)
    throw new FoveaError("MASK", `${op}: slopes must have numHeads = ${numHeads} entries, got ${first.slopes.length}`);
  const slopes = empty([numHeads]);
  slopes.view().set(first.slopes);
  return { slopes, slopeOffset: first.offset };
}

/** For each item the smallest of its lengths. */
function shortest(op: string, parts: readonly Mask[], { batch, keyLen }: ScoreDims): Tensor | null {
  const all = parts.flatMap((part) => (part.kind === "lengths" ? [part.lengths] : []));
  for (const lengths of all)
    if (lengths.length !== batch)
      throw new FoveaError("MASK", `${op}: lengths must have batch = ${batch} entries, got ${lengths.length}`);
  const [first, ...others] = all.map((lengths) => lengthsTensor(op, lengths, keyLen));
  if (first === undefined) return null;
  const view = first.view();
  for (const other of others) {
    other.view().forEach((length, item) => {
      view[item] = Math.min(view[item]!, length);
    });
    other.dispose();
  }
  return first;
}

function expectBool(op: string, name: string, mask: Tensor): void {
  expectAlive(op, mask);
  expectDType(op, { [name]: mask }, "bool");
}

/** The mask's shape with axes of 1 in front; throws unless each size is 1 or that of the scores. */
function alignedShape(op: string, name: string, mask: Tensor, { batch, numHeads, queryLen, keyLen }: ScoreDims): number[] {
  const whole = [batch, numHeads, queryLen, keyLen];
  const text = `${name} must broadcast to [batch, numHeads, queryLen, keyLen] = ${formatShape(whole)}`;
  if (mask.shape.length > 4) throw new FoveaError("RANK", `${op}: ${text}, got ${formatShape(mask.shape)}`);
  const aligned = [...Array<number>(4 - mask.shape.length).fill(1), ...mask.shape];
  if (aligned.every((size, axis) => size === 1 || size === whole[axis])) return aligned;
  throw new FoveaError("SHAPE", `${op}: ${text}, got ${formatShape(mask.shape)}`);
}

type Flags = { readonly kind: "keep" | "drop"; readonly mask: Tensor };

/** One tensor that is true where all of `flags` let a query attend. */
function combine(flags: readonly Flags[], shapes: readonly number[][], keyLen: number): Tensor {
  const [first] = flags;
  if (flags.length === 1 && first!.kind === "keep" && shapes[0]![3] === keyLen) return first!.mask.reshape(shapes[0]!);
  const leading = [0, 1, 2].map((axis) => shapes.map((shape) => shape[axis]!).find((size) => size !== 1) ?? 1);
  const out = empty([...leading, keyLen], "bool");
  out.view().fill(1);
  flags.forEach((flag, i) => {
    clearMasked(out, flag, shapes[i]!);
  });
  return out;
}

/** Clears `out` where `flag` masks. */
function clearMasked(out: Tensor, { kind, mask }: Flags, shape: readonly number[]): void {
  const [batch, heads, queries, keys] = out.shape as [number, number, number, number];
  const [ownBatch, ownHeads, ownQueries, ownKeys] = shape as [number, number, number, number];
  const to = out.view();
  const from = mask.view();
  const masked = kind === "drop" ? 1 : 0;
  const keyStep = ownKeys === 1 ? 0 : 1;
  let at = 0;
  for (let b = 0; b < batch; b += 1)
    for (let h = 0; h < heads; h += 1)
      for (let i = 0; i < queries; i += 1, at += keys) {
        const row =
          (((ownBatch === 1 ? 0 : b) * ownHeads + (ownHeads === 1 ? 0 : h)) * ownQueries + (ownQueries === 1 ? 0 : i)) * ownKeys;
        for (let j = 0; j < keys; j += 1) if (from[row + j * keyStep] === masked) to[at + j] = 0;
      }
}

/** The sum of `biases`, with four axes; a part of their graph, so that gradients find their way back. */
function addUp(biases: readonly Tensor[], { keyLen }: ScoreDims): Tensor {
  return biases
    .map((bias) => {
      const aligned = bias.reshape([...Array<number>(4 - bias.shape.length).fill(1), ...bias.shape]);
      return aligned.shape[3] === keyLen ? aligned : expand(aligned, aligned.shape.with(3, keyLen));
    })
    .reduce((sum, bias) => add(sum, bias));
}
