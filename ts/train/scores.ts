import type { Tensor } from "../tensor/tensor.ts";

/** Counts right answers over many batches. */
export class Scores {
  /** `confusion[label][predicted]` */
  readonly confusion: number[][] = [];
  examples = 0;
  correct = 0;
  #loss = 0;

  /** The mean over all examples so far. */
  get loss(): number {
    return this.#loss / this.examples;
  }

  get accuracy(): number {
    return this.correct / this.examples;
  }

  /** `logits [batch, classes]`, `labels [batch]`, `loss` the mean over the batch. */
  add(logits: Tensor, labels: Tensor, loss: number): void {
    const classes = logits.shape.at(-1)!;
    const scores = logits.view();
    while (this.confusion.length < classes) this.confusion.push([]);
    for (const row of this.confusion) while (row.length < classes) row.push(0);
    labels.view().forEach((label, item) => {
      const predicted = indexOfLargest(scores, item * classes, classes);
      const row = this.confusion[label];
      if (!row) return; // a label that is ignored
      row[predicted]! += 1;
      this.examples += 1;
      if (predicted === label) this.correct += 1;
    });
    this.#loss += loss * labels.length;
  }
}

function indexOfLargest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i += 1) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
