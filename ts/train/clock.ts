/** How fast the present epoch goes. */
export class Clock {
  #started = 0;
  #tokens = 0;
  #steps = 0;

  start(): void {
    this.#started = performance.now();
    this.#tokens = 0;
    this.#steps = 0;
  }

  /** A step of so many tokens is done. */
  count(tokens: number): void {
    this.#tokens += tokens;
    this.#steps += 1;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  rates(stepsLeft: number): { tokensPerSecond: number; secondsLeft: number } {
    const { seconds } = this;
    return { tokensPerSecond: this.#tokens / seconds, secondsLeft: (seconds / this.#steps) * stepsLeft };
  }
}
