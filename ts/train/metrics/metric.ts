import type { Tensor } from "../../tensor/tensor.ts";
import { indexOfLargest } from "../scores.ts";
import { type ClassificationScores, classificationScores } from "./classification.ts";
import { rocAuc } from "./ranking.ts";

/** A batch's mean loss, and of how many items or tokens it is the mean. */
export interface BatchLoss {
  readonly loss: number;
  readonly weight: number;
}

/** A number that says how good a model is, gathered batch by batch. */
export interface Metric {
  /** `logits [..., classes]`, `labels [...]`; labels outside the classes are ignored. */
  add(logits: Tensor, labels: Tensor, batch: BatchLoss): void;
  /** In place of `add`, where the objective gives no logits and labels; a metric without it cannot do without them. */
  addLoss?(batch: BatchLoss): void;
  /** Of all that was added. */
  readonly value: number;
}

/**
 * A metric of the confusion table, for `evaluate` and `fit`:
 *
 *     metrics: { f1: ofConfusion(({ macro }) => macro.f1), mcc: ofConfusion(({ mcc }) => mcc) }
 */
export function ofConfusion(value: (scores: ClassificationScores) => number): () => Metric {
  return () => {
    const confusion: number[][] = [];
    return {
      add(logits, labels) {
        const classes = logits.shape.at(-1)!;
        while (confusion.length < classes) confusion.push(Array<number>(classes).fill(0));
        const scores = logits.view();
        labels.view().forEach((label, i) => {
          const row = confusion[label];
          if (row) row[indexOfLargest(scores, i * classes, classes)]! += 1;
        });
      },
      get value() {
        return value(classificationScores(confusion));
      },
    };
  };
}

/** The area under the ROC curve; of several classes the mean of one against the rest, by the softmax of the logits. */
export function rocAucMetric(): Metric {
  const truth: number[] = [];
  const scores: number[][] = [];
  return {
    add(logits, labels) {
      const classes = logits.shape.at(-1)!;
      const view = logits.view();
      labels.view().forEach((label, i) => {
        if (label < 0 || label >= classes) return;
        truth.push(label);
        scores.push(softmaxOf(view.subarray(i * classes, (i + 1) * classes)));
      });
    },
    get value() {
      return rocAuc(truth, scores[0]?.length === 2 ? scores.map((row) => row[1]!) : scores);
    },
  };
}

/** `e` to the mean loss: how many tokens a language model wavers between, if the loss is a cross-entropy without smoothing. */
export function perplexity(): Metric {
  let [sum, count] = [0, 0];
  const addLoss = ({ loss, weight }: BatchLoss): void => {
    sum += loss * weight;
    count += weight;
  };
  return {
    add: (_, __, batch) => addLoss(batch),
    addLoss,
    get value() {
      return Math.exp(sum / count);
    },
  };
}

function softmaxOf(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / sum);
}
