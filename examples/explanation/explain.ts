import { gather, noGrad, type SequenceClassifier, scope, softmax, type Tensor, tensor } from "fovea";
import { padIds } from "fovea/data";
import { gradientTimesInput, integratedGradients, tokenAttributions } from "fovea/explain";

export const METHODS = ["gradient × input", "integrated gradients"] as const;
export type Method = (typeof METHODS)[number];

/** What a model makes of a text, and why. */
export interface Explanation {
  /** By class. */
  readonly probabilities: readonly number[];
  readonly predicted: number;
  /** For each word what it had to do with the logit of the class predicted. */
  readonly scores: Readonly<Record<Method, Float64Array>>;
  /** What the scores of integrated gradients sum to too much, and what they should sum to. */
  readonly delta: number;
  readonly change: number;
}

const STEPS = 50; // points on the way from embeddings of 0 to the text's own

/** Explains texts of token ids, as one batch. */
export function explain(model: SequenceClassifier, texts: readonly (readonly number[])[], steps = STEPS): Explanation[] {
  model.eval();
  return scope(() => {
    const { ids, lengths } = padIds(texts);
    const probabilities = chancesOf(model, ids, lengths);
    const predicted = probabilities.map((chances) => chances.indexOf(Math.max(...chances)));
    const fn = logitOf(model, ids, lengths, predicted);
    const embedded = noGrad(() => model.embedding.forward(ids));
    const slopes = gradientTimesInput(fn, embedded);
    const { attributions, delta } = integratedGradients(fn, embedded, { steps });
    return texts.map(({ length }, item) => {
      const integrated = tokenAttributions(attributions, item, length);
      return {
        probabilities: probabilities[item]!,
        predicted: predicted[item]!,
        scores: { "gradient × input": tokenAttributions(slopes, item, length), "integrated gradients": integrated },
        delta: delta[item]!,
        change: integrated.reduce((sum, score) => sum + score, 0) - delta[item]!,
      };
    });
  });
}

/** For each text the probability of a class. */
export function chances(model: SequenceClassifier, texts: readonly (readonly number[])[], classes: readonly number[]): number[] {
  return scope(() => {
    const { ids, lengths } = padIds(texts);
    return chancesOf(model.eval(), ids, lengths).map((row, item) => row[classes[item]!]!);
  });
}

function chancesOf(model: SequenceClassifier, ids: Tensor, lengths: readonly number[]): number[][] {
  return noGrad(() => softmax(model.forward(ids, { lengths })).toNested() as number[][]);
}

/** The logit of each text's class as a function of the embeddings: these stand in for what the model would look up. */
function logitOf(model: SequenceClassifier, ids: Tensor, lengths: readonly number[], classes: readonly number[]) {
  const chosen = tensor(Int32Array.from(classes), [classes.length, 1]);
  return (embedded: Tensor): Tensor => {
    using _hook = model.embedding.registerForwardHook(() => embedded);
    return gather(model.forward(ids, { lengths }), 1, chosen).reshape([-1]);
  };
}
