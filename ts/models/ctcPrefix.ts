/**
 * How likely CTC finds it that what was said begins with a text, which is built up label by label (Graves 2008, section 7.4; Watanabe et al. 2017). For
 * each frame t it keeps the probability of all ways to have said exactly the text by then, the last frame a label or a blank. All are logarithms.
 */
export class CtcPrefix {
  /** `[frames, classes]`, logarithms. */
  readonly #logProbs: ArrayLike<number>;
  readonly #frames: number;
  readonly #classes: number;
  readonly #blank: number;
  #label: Float64Array;
  #pause: Float64Array;
  #last: number | null = null;
  #prefix = 0;

  constructor(logProbs: ArrayLike<number>, classes: number, blank: number) {
    this.#logProbs = logProbs;
    this.#frames = logProbs.length / classes;
    this.#classes = classes;
    this.#blank = blank;
    this.#label = new Float64Array(this.#frames).fill(Number.NEGATIVE_INFINITY);
    let total = 0;
    this.#pause = Float64Array.from({ length: this.#frames }, (_, t) => (total += this.#at(t, blank)));
  }

  /** That what was said begins with the text. */
  get prefix(): number {
    return this.#prefix;
  }

  /** That it begins with the text, and `label` after it. */
  goesOnWith(label: number): number {
    let prefix = this.#start(label);
    for (let t = 1; t < this.#frames; t += 1) prefix = sum(prefix, this.#before(t, label) + this.#at(t, label));
    return prefix;
  }

  /** That the text is all. */
  ends(): number {
    if (this.#frames === 0) return this.#last === null ? 0 : Number.NEGATIVE_INFINITY;
    return sum(this.#label[this.#frames - 1]!, this.#pause[this.#frames - 1]!);
  }

  append(label: number): void {
    const labels = new Float64Array(this.#frames).fill(Number.NEGATIVE_INFINITY);
    const pauses = labels.slice();
    this.#prefix = this.goesOnWith(label);
    if (this.#frames > 0) labels[0] = this.#start(label);
    for (let t = 1; t < this.#frames; t += 1) {
      labels[t] = sum(labels[t - 1]!, this.#before(t, label)) + this.#at(t, label);
      pauses[t] = sum(pauses[t - 1]!, labels[t - 1]!) + this.#at(t, this.#blank);
    }
    this.#label = labels;
    this.#pause = pauses;
    this.#last = label;
  }

  /** That goes on by itself. */
  copy(): CtcPrefix {
    const copy = new CtcPrefix(this.#logProbs, this.#classes, this.#blank);
    copy.#label = this.#label; // replaced by `append`, never written to
    copy.#pause = this.#pause;
    copy.#last = this.#last;
    copy.#prefix = this.#prefix;
    return copy;
  }

  /** That `label` is said in the first frame: only if nothing was said before. */
  #start(label: number): number {
    return this.#last === null && this.#frames > 0 ? this.#at(0, label) : Number.NEGATIVE_INFINITY;
  }

  /** That exactly the text was said before frame t, and `label` may follow: the same label again needs a blank between. */
  #before(t: number, label: number): number {
    return label === this.#last ? this.#pause[t - 1]! : sum(this.#pause[t - 1]!, this.#label[t - 1]!);
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
