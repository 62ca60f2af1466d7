import { noGrad, type SequenceClassifier, scope, softmax, tensor } from "fovea";
import type { WordTokenizer } from "fovea/data";
import { type AttentionMap, attentionMap } from "fovea/explain";
import { idsOf, tokensOf } from "./reading.ts";

/** What a model makes of a text. */
export interface Classification extends AttentionMap {
  /** By class. */
  readonly probabilities: readonly number[];
  readonly predicted: number;
  /** Its words that the model has never seen, each once. */
  readonly unknown: readonly string[];
  /** How many words at its end were not read. */
  readonly cut: number;
}

/** Classifies one text, with its attention in every layer and head. */
export function classify(model: SequenceClassifier, tokenizer: WordTokenizer, text: string, maxLen: number): Classification {
  const words = tokensOf(tokenizer, text, model.pooling);
  const ids = idsOf(tokenizer, text, model.pooling);
  const tokens = words.slice(0, maxLen);
  model.eval();
  const { probabilities, map } = scope(() =>
    noGrad(() => {
      const batch = tensor(ids.slice(0, maxLen), [1, tokens.length], { dtype: "int32" });
      const { logits, weights } = model.forward(batch, { needWeights: true });
      return { probabilities: [...softmax(logits).view()], map: attentionMap(tokens, weights) };
    }),
  );
  return {
    ...map,
    probabilities,
    predicted: probabilities.indexOf(Math.max(...probabilities)),
    unknown: [...new Set(words.filter((_, i) => ids[i] === tokenizer.unknownId))],
    cut: words.length - tokens.length,
  };
}
