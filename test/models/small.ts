import { LanguageModel, manualSeed, type PositionalEncoding } from "../../ts/index.ts";

/** Of models that decode in no time. */
export const sizes = { vocabSize: 11, dModel: 12, numHeads: 2, numLayers: 2, dimFeedforward: 16 };
export const stack = { ...sizes, numEncoderLayers: 1, numDecoderLayers: 2 };
/** The second is padded from its third token on. */
export const source = [
  [3, 5, 7, 9],
  [4, 6, 2, 2],
];

export function language(positional?: PositionalEncoding): LanguageModel {
  manualSeed(7);
  return new LanguageModel({ ...sizes, ...(positional && { positional }), embeddingStd: 1 }).eval();
}
