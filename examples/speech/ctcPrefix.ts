/**
 * How likely CTC finds it that what was said begins with a text, which is built up label by label (Graves 2008, section 7.4; Watanabe et al. 2017). For
 * each step t it keeps the probability of all ways to have said exactly the text by then, the last step a label or a blank.
 */
export class CtcPrefix {
  /** `[steps, classes]`, logarithms. */
  readonly #logProbs: ArrayLike<number>;
  readonly #steps: number;
  readonly #classes: number;
  readonly #blank: number;
  #label: Float64Array;
  #pause: Float64Array;
  #last: number | null = null;

  constructor(logProbs: ArrayLike<number>, classes: number, blank: number) {
    this.#logProbs = logProbs;
    this.#steps = logProbs.length / classes;
    this.#classes = classes;
    this.#blank = blank;
    this.#label = new Float64Array(this.#steps).fill(Number.NEGATIVE_INFINITY);
    let total = 0;
    this.#pause = Float64Array.from({ length: this.#steps }, (_, t) => (total += this.#at(t, blank)));
  }

  /** The logarithm of the probability that the text goes on with `label`. */
  goesOnWith(label: number): number {
    return this.#extended(label).prefix;
  }

  /** The logarithm of the probability that the text is all. */
  ends(): number {
    return sum(this.#label[this.#steps - 1]!, this.#pause[this.#steps - 1]!);
  }

  append(label: number): void {
    const { labels, pauses } = this.#extended(label);
    this.#label = labels;
    this.#pause = pauses;
    this.#last = label;
  }

  #extended(label: number): { labels: Float64Array; pauses: Float64Array; prefix: number } {
    const labels = new Float64Array(this.#steps).fill(Number.NEGATIVE_INFINITY);
    const pauses = labels.slice();
    if (this.#last === null) labels[0] = this.#at(0, label);
    let prefix = labels[0]!;
    for (let t = 1; t < this.#steps; t += 1) {
      // The same label again needs a blank between.
      const before = label === this.#last ? this.#pause[t - 1]! : sum(this.#pause[t - 1]!, this.#label[t - 1]!);
      labels[t] = sum(labels[t - 1]!, before) + this.#at(t, label);
      pauses[t] = sum(pauses[t - 1]!, labels[t - 1]!) + this.#at(t, this.#blank);
      prefix = sum(prefix, before + this.#at(t, label));
    }
    return { labels, pauses, prefix };
  }

  #at(t: number, label: number): number {
    return this.#logProbs[t * this.#classes + label]!;
  }
}

/** ln(eᵃ + eᵇ) */
function sum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}
