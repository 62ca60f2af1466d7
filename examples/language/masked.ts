import { crossEntropy, MaskedLanguageModel, type Outcome, Rng, softmax, tensor, topK } from "fovea";
import { DataLoader, type MaskedIds, maskTokens, padIds, planBatches, type Tokenizer } from "fovea/data";
import { type AttentionSample, attentionMap } from "fovea/explain";
import { atRest } from "./atRest.ts";
import { EOS, MASK, namesOf, PAD } from "./text.ts";

/** What it takes to make an ALBERT, as `config.json` keeps it. */
export interface MaskedConfig {
  readonly model: "albert";
  readonly vocabSize: number;
  readonly dModel: number;
  /** Width of the embeddings. */
  readonly embedDim: number;
  readonly numHeads: number;
  /** How often the one layer is gone through. */
  readonly numLayers: number;
  readonly dropout: number;
}

/**
 * Embeddings begin larger than BERT's 0.02, since here they are narrower: they are the output's weights as well, and with such small ones the first epochs pass until its
 * scores differ at all.
 */
export function newMasked({ model: _, ...sizes }: MaskedConfig): MaskedLanguageModel {
  const shared = { numDistinctLayers: 1, dimFeedforward: 4 * sizes.dModel, paddingIdx: PAD };
  return new MaskedLanguageModel({ ...sizes, ...shared, normFirst: true, embeddingStd: 1 / Math.sqrt(sizes.embedDim) });
}

interface BatchOptions {
  readonly maxTokens: number;
  readonly vocabSize: number;
  readonly seed: number;
}

/** 15 % of the tokens are asked for: 80 % of these are hidden, 10 % are replaced by any other, 10 % stay. */
const masked = (texts: readonly (readonly number[])[], vocabSize: number, rng: Rng): MaskedIds =>
  maskTokens(texts, { maskId: MASK, vocabSize, specials: [PAD, EOS], paddingIdx: PAD, rng });

/** To train on: other tokens are hidden each time a text comes by. */
export function maskedLoader(texts: readonly (readonly number[])[], { maxTokens, vocabSize, seed }: BatchOptions) {
  const items = texts.map((ids) => ({ ids }));
  return new DataLoader(items, {
    maxTokens,
    seed,
    collate: (some, { rng }) =>
      masked(
        some.map(({ ids }) => ids),
        vocabSize,
        rng,
      ),
  });
}

/** To validate on: the same tokens are hidden always, so that one epoch can be compared with another. */
export function maskedBatches(texts: readonly (readonly number[])[], { maxTokens, vocabSize, seed }: BatchOptions): MaskedIds[] {
  const rng = new Rng(seed);
  const lengths = texts.map(({ length }) => length);
  const plan = planBatches(lengths, { maxTokens, byLength: true });
  return plan.map((items) =>
    masked(
      items.map((item) => texts[item]!),
      vocabSize,
      rng,
    ),
  );
}

export function maskedLoss(model: MaskedLanguageModel, { ids, lengths, positions, labels }: MaskedIds): Outcome {
  const logits = model.forward(ids, { lengths, positions });
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return { loss: crossEntropy(logits, labels), weight: labels.length, logits, labels, tokens };
}

/** A piece of a word that may stand at a place, and how likely it is. */
export interface Guess {
  readonly word: string;
  readonly probability: number;
}

/** The ids of a text with `<mask>` in it. A word's space belongs to the word that is hidden. */
export const maskedIdsOf = (tokenizer: Tokenizer, text: string): number[] =>
  tokenizer.encode(` ${text}`.replaceAll(/\s*<mask>/g, "<mask>"));

/** For each `<mask>` in `text` the `count` likeliest. */
export function guesses(model: MaskedLanguageModel, tokenizer: Tokenizer, text: string, count: number): Guess[][] {
  const ids = maskedIdsOf(tokenizer, text);
  const places = ids.flatMap((id, place) => (id === MASK ? [place] : []));
  if (places.length === 0) return [];
  return atRest(model, () => {
    const logits = model.forward(padIds([ids]).ids, { positions: tensor(Int32Array.from(places)) });
    const { values, indices } = topK(softmax(logits), count);
    const [chances, found] = [values.toNested() as number[][], indices.toNested() as number[][]];
    return found.map((row, i) => namesOf(tokenizer, row).map((word, rank) => ({ word, probability: chances[i]![rank]! })));
  });
}

/** Which token looked at which, in a text with `<mask>` in it. */
export function maskedAttention(model: MaskedLanguageModel, tokenizer: Tokenizer, text: string): AttentionSample {
  const ids = maskedIdsOf(tokenizer, text);
  return atRest(model, () =>
    attentionMap(namesOf(tokenizer, ids), model.forward(padIds([ids]).ids, { needWeights: true }).weights),
  );
}
