import { FoveaError } from "../runtime/errors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** Which part of a sequence that is too long is left out; `middle` keeps as much of its beginning as of its end (Sun et al. 2019). */
export type Truncation = "end" | "start" | "middle";

export interface PaddingOptions {
  /** Longer examples lose their end, or what `truncation` says. */
  maxLen?: number | undefined;
  /** Default `end`. */
  truncation?: Truncation | undefined;
  /** The id that fills up shorter ones. Default 0. */
  paddingIdx?: number | undefined;
  /** How long the rows are: as the longest of the batch, `maxLen`, or the next multiple of a number. Default `longest`. */
  padTo?: "longest" | "maxLen" | number | undefined;
}

/** Sequences of ids side by side. */
export interface PaddedIds {
  /** int32 `[batch, seqLen]` */
  readonly ids: Tensor;
  /** How many tokens of each are real. */
  readonly lengths: readonly number[];
}

/** Sequences of vectors side by side. */
export interface PaddedFrames {
  /** float32 `[batch, seqLen, size]`; padding is 0 */
  readonly frames: Tensor;
  /** How many frames of each are real. */
  readonly lengths: readonly number[];
}

/** Which part of a sequence of `length` stays, as ranges that together have `maxLen`. */
function kept(length: number, maxLen: number, truncation: Truncation): readonly (readonly [start: number, end: number])[] {
  if (length <= maxLen) return [[0, length]];
  if (truncation === "end") return [[0, maxLen]];
  if (truncation === "start") return [[length - maxLen, length]];
  const head = Math.ceil(maxLen / 2);
  return [
    [0, head],
    [length - (maxLen - head), length],
  ];
}

/** A sequence without what is too much. Throws `RANGE`. */
export function truncate(ids: ArrayLike<number>, maxLen: number, truncation: Truncation = "end"): number[] {
  checkMaxLen(maxLen);
  checkTruncation(truncation);
  return kept(ids.length, maxLen, truncation).flatMap(([start, end]) => Array.prototype.slice.call(ids, start, end) as number[]);
}

/** Which of a pair is cut: the longer, token by token; or always the same one, so that the other stays whole. */
export type PairTruncation = "longestFirst" | "onlyFirst" | "onlySecond";

/** How long each of a pair may be so that both together have `maxLen`. Throws `RANGE` where the one to cut would have to be shorter than 0. */
export function pairLengths(
  first: number,
  second: number,
  maxLen: number,
  truncation: PairTruncation = "longestFirst",
): readonly [number, number] {
  checkMaxLen(maxLen);
  const over = first + second - maxLen;
  if (over <= 0) return [first, second];
  if (truncation === "onlyFirst" && first >= over) return [first - over, second];
  if (truncation === "onlySecond" && second >= over) return [first, second - over];
  if (truncation !== "longestFirst")
    throw new FoveaError(
      "RANGE",
      `pairLengths: cutting ${truncation} must reach maxLen ${maxLen}, got lengths ${first} and ${second}`,
    );
  const half = Math.floor(maxLen / 2);
  if (first <= half) return [first, maxLen - first];
  if (second <= half) return [maxLen - second, second];
  return first >= second ? [maxLen - half, half] : [half, maxLen - half];
}

/**
 * Sequences to an int32 tensor `[batch, seqLen]`, written straight into its memory; a batch of empty ones is 1 wide. Throws `RANGE`, and `DATA` for
 * an id that is no whole number of 32 bits.
 */
export function padIds(sequences: readonly ArrayLike<number>[], options: PaddingOptions = {}): PaddedIds {
  const { paddingIdx = 0, truncation = "end" } = options;
  const { lengths, seqLen, maxLen } = measure(sequences, options);
  for (const [item, sequence] of sequences.entries())
    for (let i = 0; i < sequence.length; i += 1) checkWhole("ids", sequence[i], item);
  const ids = empty([sequences.length, seqLen], "int32");
  const rows = ids.view();
  for (const [item, sequence] of sequences.entries()) {
    let at = item * seqLen;
    for (const [start, end] of kept(sequence.length, maxLen, truncation))
      for (let i = start; i < end; i += 1) rows[at++] = sequence[i]!;
    rows.fill(paddingIdx, at, (item + 1) * seqLen);
  }
  return { ids, lengths };
}

/**
 * Sequences of vectors, each row-major `[length, size]`, to a float32 tensor `[batch, seqLen, size]`, written straight into its memory. Throws `RANGE`,
 * and `SHAPE` for a sequence that is no whole number of vectors.
 */
export function padFrames(
  sequences: readonly Float32Array[],
  size: number,
  options: Omit<PaddingOptions, "paddingIdx"> = {},
): PaddedFrames {
  const bad = sequences.findIndex((sequence) => sequence.length % size !== 0);
  if (!(Number.isInteger(size) && size >= 1)) throw new FoveaError("RANGE", `padFrames: size must be at least 1, got ${size}`);
  if (bad >= 0)
    throw new FoveaError(
      "SHAPE",
      `padFrames: a sequence must be vectors of ${size}, got ${sequences[bad]!.length} numbers in item ${bad}`,
    );
  const counts = sequences.map((sequence) => ({ length: sequence.length / size }));
  const { lengths, seqLen, maxLen } = measure(counts, options);
  const frames = empty([sequences.length, seqLen, size]);
  const rows = frames.view();
  for (const [item, sequence] of sequences.entries()) {
    let at = item * seqLen * size;
    for (const [start, end] of kept(counts[item]!.length, maxLen, options.truncation ?? "end")) {
      rows.set(sequence.subarray(start * size, end * size), at);
      at += (end - start) * size;
    }
    rows.fill(0, at, (item + 1) * seqLen * size);
  }
  return { frames, lengths };
}

interface Measured {
  readonly lengths: number[];
  readonly seqLen: number;
  readonly maxLen: number;
}

function measure(sequences: readonly { readonly length: number }[], options: PaddingOptions): Measured {
  const { maxLen = Number.POSITIVE_INFINITY, padTo = "longest", truncation = "end", paddingIdx = 0 } = options;
  checkTruncation(truncation);
  if (!Number.isInteger(paddingIdx))
    throw new FoveaError("RANGE", `batches: paddingIdx must be a whole number, got ${paddingIdx}`);
  if (maxLen !== Number.POSITIVE_INFINITY) checkMaxLen(maxLen);
  const lengths = sequences.map(({ length }) => Math.min(length, maxLen));
  const longest = Math.max(1, ...lengths);
  return { lengths, seqLen: rowLength(longest, maxLen, padTo), maxLen };
}

function rowLength(longest: number, maxLen: number, padTo: "longest" | "maxLen" | number): number {
  if (padTo === "longest") return longest;
  if (padTo === "maxLen") {
    if (Number.isFinite(maxLen)) return maxLen;
    throw new FoveaError("RANGE", "batches: padding to maxLen needs a maxLen, got none");
  }
  if (!(Number.isInteger(padTo) && padTo >= 1))
    throw new FoveaError("RANGE", `batches: padTo must be "longest", "maxLen" or a whole number of at least 1, got ${padTo}`);
  return Math.ceil(longest / padTo) * padTo;
}

function checkTruncation(truncation: Truncation): void {
  if (!["end", "start", "middle"].includes(truncation))
    throw new FoveaError("RANGE", `batches: truncation must be end, start or middle, got ${truncation}`);
}

function checkMaxLen(maxLen: number): void {
  if (!(Number.isInteger(maxLen) && maxLen >= 1))
    throw new FoveaError("RANGE", `batches: maxLen must be a whole number of at least 1, got ${maxLen}`);
}

/** Throws `DATA` unless `value` is a whole number of 32 bits. */
export function checkWhole(what: string, value: unknown, item: number): asserts value is number {
  if (typeof value === "number" && (value | 0) === value) return;
  throw new FoveaError(
    "DATA",
    `batches: ${what} must be whole numbers of 32 bits, got ${String(value)} in example ${item} of its batch`,
  );
}
