import { AdamW, SequenceClassifier, type SequenceClassifierOptions } from "fovea";
import type { Dataset } from "./dataset.ts";
import { DROPOUT, EMBEDDING_DROPOUT, EMBEDDING_LR, type Recipe, WEIGHT_DECAY } from "./recipe.ts";

/** What of `SequenceClassifierOptions` decides the parameters' shapes. */
export type ModelSizes = Required<
  Pick<SequenceClassifierOptions, "vocabSize" | "numClasses" | "dModel" | "numHeads" | "numLayers" | "dimFeedforward">
>;

export function sizesFor({ dModel, numHeads, numLayers }: Recipe, { tokenizer, classes }: Dataset): ModelSizes {
  return { vocabSize: tokenizer.size, numClasses: classes.size, dModel, numHeads, numLayers, dimFeedforward: 2 * dModel };
}

export function buildModel(sizes: ModelSizes): SequenceClassifier {
  return new SequenceClassifier({
    ...sizes,
    pooling: "mean",
    dropout: DROPOUT,
    embeddingDropout: EMBEDDING_DROPOUT,
    paddingIdx: 0,
  });
}

export function optimizerFor(model: SequenceClassifier, { lr }: Recipe): AdamW {
  const { weight } = model.embedding;
  const others = model.parameters().filter((parameter) => parameter !== weight);
  return new AdamW([{ params: [weight], lr: EMBEDDING_LR * lr }, { params: others }], { lr, weightDecay: WEIGHT_DECAY });
}
