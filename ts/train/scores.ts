import type { Tensor } from "../tensor/tensor.ts";

/** What `Scores` has counted, for a snapshot. */
export interface ScoresState {
  confusion: number[][];
  examples: number;
  correct: number;
  loss: number;
  weight: number;
}

/** A table of more would take more memory than the model: of a vocabulary of 30,000, 7 GB. */
const MOST_CLASSES = 1024;

/** Counts right answers over many batches. */
export class Scores {
  #state: ScoresState = { confusion: [], examples: 0, correct: 0, loss: 0, weight: 0 };

  /** The mean over all so far, each batch by its weight. */
  get loss(): number {
    return this.#state.loss / this.#state.weight;
  }

  /** NaN of none. */
  get accuracy(): number {
    return this.#state.correct / this.#state.examples;
  }

  /** How many labels were not ignored. */
  get examples(): number {
    return this.#state.examples;
  }

  /** `confusion[label][predicted]`; empty for more than 1,024 classes. */
  get confusion(): number[][] {
    return this.#state.confusion;
  }

  get state(): ScoresState {
    return structuredClone(this.#state);
  }

  set state(state: ScoresState) {
    this.#state = structuredClone(state);
  }

  /** A batch's mean loss over `weight` items. */
  addLoss(loss: number, weight: number): void {
    this.#state.loss += loss * weight;
    this.#state.weight += weight;
  }

  /** `logits [..., classes]`, `labels [...]`. */
  add(logits: Tensor, labels: Tensor): void {
    const state = this.#state;
    const classes = logits.shape.at(-1)!;
    const scores = logits.view();
    const tabled = classes <= MOST_CLASSES;
    while (tabled && state.confusion.length < classes) state.confusion.push([]);
    for (const row of state.confusion) while (row.length < classes) row.push(0);
    labels.view().forEach((label, item) => {
      if (!(label >= 0 && label < classes)) return; // it is ignored
      const predicted = indexOfLargest(scores, item * classes, classes);
      if (tabled) state.confusion[label]![predicted]! += 1;
      state.examples += 1;
      if (predicted === label) state.correct += 1;
    });
  }
}

export function indexOfLargest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i += 1) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
