/** What a `Series` has, as JSON. */
export interface SeriesState {
  readonly width: number;
  readonly at: readonly number[];
  readonly values: readonly number[];
  readonly sum: number;
  readonly count: number;
}

const MOST = 200; // points of a curve: as many as a chart can show

/** A curve of any length in few points: each is the mean over as many values, and stands where the last of them did. */
export class Series {
  #width = 1;
  #at: number[] = [];
  #values: number[] = [];
  #sum = 0;
  #count = 0;

  get at(): readonly number[] {
    return this.#at;
  }

  get values(): readonly number[] {
    return this.#values;
  }

  /** What is not finite is left out. */
  add(at: number, value: number): void {
    if (!Number.isFinite(value)) return;
    this.#sum += value;
    this.#count += 1;
    if (this.#count < this.#width) return;
    this.#at.push(at);
    this.#values.push(this.#sum / this.#count);
    [this.#sum, this.#count] = [0, 0];
    if (this.#at.length >= MOST) this.#halve();
  }

  get state(): SeriesState {
    return { width: this.#width, at: [...this.#at], values: [...this.#values], sum: this.#sum, count: this.#count };
  }

  set state({ width, at, values, sum, count }: SeriesState) {
    [this.#width, this.#at, this.#values, this.#sum, this.#count] = [width, [...at], [...values], sum, count];
  }

  #halve(): void {
    const odd = (_: number, i: number): boolean => i % 2 === 1;
    this.#values = this.#values.map((value, i, all) => (value + (all[i - 1] ?? value)) / 2).filter(odd);
    this.#at = this.#at.filter(odd);
    this.#width *= 2;
  }
}
