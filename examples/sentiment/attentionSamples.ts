import type { SequenceClassifier } from "fovea";
import type { AttentionSample } from "fovea/explain";
import { type Classification, classify } from "./classify.ts";
import type { Dataset } from "./dataset.ts";

const RIGHT = 4;
const WRONG = 2;
const LONGEST = 20; // words: longer maps do not fit a screen

/** Validation sentences for the page of attention maps: the first ones that the model gets right, and the first it gets wrong. */
export function attentionSamples(
  model: SequenceClassifier,
  { valid, classes, tokenizer }: Dataset,
  maxLen: number,
): AttentionSample[] {
  const right: AttentionSample[] = [];
  const wrong: AttentionSample[] = [];
  for (const { text, label } of valid.texts) {
    if (right.length === RIGHT && wrong.length === WRONG) break;
    const made = classify(model, tokenizer, text, maxLen);
    if (made.tokens.length > LONGEST) continue;
    const [list, most] = classes.names[made.predicted] === label ? [right, RIGHT] : [wrong, WRONG];
    if (list.length < most) list.push(sample(made, label, classes.names));
  }
  return [...right, ...wrong];
}

function sample({ tokens, weights, probabilities }: Classification, label: string, names: readonly string[]): AttentionSample {
  return { tokens, weights, label, probabilities: probabilities.map((probability, i) => ({ name: names[i]!, probability })) };
}
