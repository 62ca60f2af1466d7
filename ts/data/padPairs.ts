import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type PaddedIds, type PaddingOptions, type PairTruncation, padIds, pairLengths } from "./padding.ts";

export interface PadPairsOptions extends Omit<PaddingOptions, "truncation"> {
  /** The id behind each of the two, such as that of `[SEP]`. */
  readonly separator: number;
  /** The id in front of both, such as that of `[CLS]`. Default none. */
  readonly begin?: number | undefined;
  /** Which of the two is cut where both, with what is put between them, are longer than `maxLen`. Default `longestFirst`. */
  readonly truncation?: PairTruncation | undefined;
}

export interface PaddedPairs extends PaddedIds {
  /** int32 `[batch, seqLen]`: 0 for the first with what stands around it, and for padding; 1 for the second with its separator. */
  readonly tokenTypes: Tensor;
}

/**
 * Pairs of sequences as one each, for a model with `numTokenTypes: 2` to tell them apart (Devlin et al. 2019): `begin first separator second separator`.
 *
 *     const { ids, lengths, tokenTypes } = padPairs([[question, facts]], { separator, maxLen: 64, truncation: "onlySecond" });
 *     const logits = model.forward(ids, { lengths, tokenTypes });
 *
 * Throws `RANGE`, and `DATA` for an id that is no whole number of 32 bits.
 */
export function padPairs(
  pairs: readonly (readonly [first: ArrayLike<number>, second: ArrayLike<number>])[],
  { separator, begin, truncation, ...options }: PadPairsOptions,
): PaddedPairs {
  const before = begin === undefined ? [] : [begin];
  const marks = before.length + 2;
  const joined = pairs.map(([first, second]) => {
    const room = options.maxLen === undefined ? Number.POSITIVE_INFINITY : options.maxLen - marks;
    if (!(room >= 0)) throw new FoveaError("RANGE", `padPairs: maxLen must have room for ${marks} marks, got ${options.maxLen}`);
    const [a, b] = fitting(first.length, second.length, room, truncation);
    return {
      ids: [...before, ...Array.from(first).slice(0, a), separator, ...Array.from(second).slice(0, b), separator],
      types: [...Array<number>(before.length + a + 1).fill(0), ...Array<number>(b + 1).fill(1)],
    };
  });
  const padded = padIds(
    joined.map(({ ids }) => ids),
    options,
  );
  const types = padIds(
    joined.map(({ types }) => types),
    { ...options, paddingIdx: 0 },
  );
  return { ...padded, tokenTypes: types.ids };
}

/** How long each may be; nothing of either in no room. */
function fitting(first: number, second: number, room: number, truncation: PairTruncation | undefined): readonly [number, number] {
  if (first + second <= room) return [first, second];
  return room === 0 ? [0, 0] : pairLengths(first, second, room, truncation);
}
