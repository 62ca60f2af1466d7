import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type PaddedIds, type PaddingOptions, padIds } from "./padding.ts";

export interface MaskTokensOptions extends PaddingOptions {
  /** The id that stands for a hidden token. */
  readonly maskId: number;
  /** An id drawn at random is below it. */
  readonly vocabSize: number;
  /** Ids that are neither hidden nor drawn, such as those of `<pad>` and `[CLS]`; `maskId` never is. */
  readonly specials?: readonly number[] | undefined;
  /** Which share of a sequence is to be told. Default 0.15. */
  readonly share?: number | undefined;
  /** Of these, the share that becomes a random token, and the share that stays as it is; the rest becomes `maskId`. Defaults 0.1 and 0.1. */
  readonly randomShare?: number | undefined;
  readonly keptShare?: number | undefined;
  /** A `DataLoader` gives one for each batch, so that every epoch hides other tokens. */
  readonly rng: Rng;
}

/** A batch for a masked language model. */
export interface MaskedIds extends PaddedIds {
  /** Where tokens are to be told, int32 `[count]`: `item · seqLen + place`. */
  readonly positions: Tensor;
  /** What stood there, int32 `[count]`. */
  readonly labels: Tensor;
}

/**
 * Hides tokens, for a model to tell them from what is left (Devlin et al. 2019): of each sequence that has any to hide `share`, rounded, and at least one.
 *
 *     const { ids, lengths, positions, labels } = maskTokens(texts, { maskId, vocabSize, rng });
 *     const loss = crossEntropy(model.forward(ids, { lengths, positions }), labels);
 *
 * Throws `RANGE`, and `DATA` for an id that is no whole number of 32 bits.
 */
export function maskTokens(sequences: readonly ArrayLike<number>[], options: MaskTokensOptions): MaskedIds {
  const { maskId, specials = [], rng } = options;
  const apart = new Set([...specials, maskId]);
  const draw = drawing(options, apart);
  const padded = padIds(sequences, options);
  const rows = padded.ids.view();
  const seqLen = padded.ids.shape[1]!;
  const positions = padded.lengths.flatMap((length, item) => {
    const places = Array.from({ length }, (_, place) => item * seqLen + place).filter((at) => !apart.has(rows[at]!));
    return chosen(places, options.share ?? 0.15, rng);
  });
  const labels = Int32Array.from(positions, (at) => rows[at]!);
  for (const at of positions) rows[at] = draw(rows[at]!);
  return { ...padded, positions: tensor(Int32Array.from(positions)), labels: tensor(labels) };
}

/** `share` of `places`, in their order. */
function chosen(places: readonly number[], share: number, rng: Rng): number[] {
  const count = Math.min(places.length, Math.max(1, Math.round(share * places.length)));
  return rng
    .shuffle([...places])
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** What stands in a chosen token's place. */
function drawing(options: MaskTokensOptions, apart: ReadonlySet<number>): (id: number) => number {
  const { maskId, vocabSize, share = 0.15, randomShare = 0.1, keptShare = 0.1, rng } = options;
  if (!(share > 0 && share <= 1)) throw new FoveaError("RANGE", `maskTokens: share must be above 0 and at most 1, got ${share}`);
  if (!(randomShare >= 0 && keptShare >= 0 && randomShare + keptShare <= 1))
    throw new FoveaError(
      "RANGE",
      `maskTokens: randomShare and keptShare must be at least 0 and together at most 1, got ${randomShare} and ${keptShare}`,
    );
  if (!(Number.isInteger(maskId) && maskId >= 0 && maskId < vocabSize))
    throw new FoveaError("RANGE", `maskTokens: maskId must be an id below vocabSize ${vocabSize}, got ${maskId}`);
  const drawn = Array.from({ length: vocabSize }, (_, id) => id).filter((id) => !apart.has(id));
  if (drawn.length === 0)
    throw new FoveaError("RANGE", `maskTokens: vocabSize must leave ids that are not special, got ${vocabSize}`);
  return (id) => {
    const chance = rng.uniform();
    if (chance < keptShare) return id;
    return chance < keptShare + randomShare ? drawn[rng.below(drawn.length)]! : maskId;
  };
}
