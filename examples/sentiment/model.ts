import { SequenceClassifier, type SequenceClassifierOptions } from "fovea";
import type { Dataset } from "./dataset.ts";
import { DROPOUT, EMBEDDING_DROPOUT, EMBEDDING_SCALE, type Recipe } from "./recipe.ts";

/** What of `SequenceClassifierOptions` a run decides. */
export type ModelSizes = Required<
  Pick<
    SequenceClassifierOptions,
    "vocabSize" | "numClasses" | "dModel" | "numHeads" | "numLayers" | "dimFeedforward" | "pooling" | "head"
  >
>;

export function sizesFor({ dModel, ...recipe }: Recipe, { tokenizer, classes }: Dataset): ModelSizes {
  const { numHeads, numLayers, pooling, head } = recipe;
  const sizes = { vocabSize: tokenizer.size, numClasses: classes.size, dModel, dimFeedforward: 2 * dModel };
  return { ...sizes, numHeads, numLayers, pooling, head };
}

/** The model with its initial values. */
export function buildModel(sizes: ModelSizes): SequenceClassifier {
  const dropouts = { dropout: DROPOUT, embeddingDropout: EMBEDDING_DROPOUT };
  const model = new SequenceClassifier({ ...sizes, ...dropouts, paddingIdx: 0 });
  const embeddings = model.embedding.weight.view();
  for (let i = 0; i < embeddings.length; i++) embeddings[i]! *= EMBEDDING_SCALE;
  return model;
}
