import { SequenceClassifier, type SequenceClassifierOptions } from "fovea";
import type { Dataset } from "./dataset.ts";
import { DROPOUT, EMBEDDING_DROPOUT, EMBEDDING_SCALE, type Recipe } from "./recipe.ts";

/** What of `SequenceClassifierOptions` decides the parameters' shapes. */
export type ModelSizes = Required<
  Pick<SequenceClassifierOptions, "vocabSize" | "numClasses" | "dModel" | "numHeads" | "numLayers" | "dimFeedforward">
>;

export function sizesFor({ dModel, numHeads, numLayers }: Recipe, { tokenizer, classes }: Dataset): ModelSizes {
  return { vocabSize: tokenizer.size, numClasses: classes.size, dModel, numHeads, numLayers, dimFeedforward: 2 * dModel };
}

/** The model with its initial values. */
export function buildModel(sizes: ModelSizes): SequenceClassifier {
  const dropouts = { dropout: DROPOUT, embeddingDropout: EMBEDDING_DROPOUT };
  const model = new SequenceClassifier({ ...sizes, ...dropouts, pooling: "mean", paddingIdx: 0 });
  const embeddings = model.embedding.weight.view();
  for (let i = 0; i < embeddings.length; i++) embeddings[i]! *= EMBEDDING_SCALE;
  return model;
}
