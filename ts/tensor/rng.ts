// Random numbers from xoshiro128** (Blackman and Vigna 2018), seeded by splitmix. Only operations that IEEE 754 fixes to the last bit
// are used, so a seed gives the same numbers on every engine; Math.log, Math.cos and their like are free to differ.

/** What a generator is made of, to save and restore it. */
export type RngState = readonly number[];

/** A stream of random numbers. */
export class Rng {
  readonly #state = new Uint32Array(4);
  #spare: number | null = null;

  constructor(seed: number) {
    this.seed(seed);
  }

  /** Starts the stream that belongs to `seed`, any number. */
  seed(seed: number): void {
    const bits = new Uint32Array(new Float64Array([seed]).buffer);
    let state = (bits[0]! ^ Math.imul(bits[1]!, 0x9e37_79b9)) >>> 0;
    for (let word = 0; word < 4; word += 1) {
      state = (state + 0x9e37_79b9) >>> 0;
      this.#state[word] = mix(state);
    }
    this.#spare = null;
  }

  /** A whole number from 0 to 2 ** 32 - 1. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** A number in [0, 1), a multiple of 2 ** -32. */
  uniform(): number {
    return this.uint32() * 2 ** -32;
  }

  /** A whole number from 0 to `limit` - 1, `limit` at most 2 ** 32. No number is likelier than another. */
  below(limit: number): number {
    const unfair = 2 ** 32 % limit;
    let value = this.uint32();
    while (value < unfair) value = this.uint32();
    return value % limit;
  }

  /** A number of mean 0 and standard deviation 1: the polar form of Box and Muller's method (Marsaglia and Bray 1964). */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * ln(square)) / square);
      this.#spare = y * factor;
      return x * factor;
    }
  }

  /** Puts an array into random order, in place (Fisher and Yates); gives it back. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other]!, items[last]!];
    }
    return items;
  }

  /** Everything the stream still depends on. */
  get state(): RngState {
    return this.#spare === null ? [...this.#state] : [...this.#state, this.#spare];
  }

  set state(state: RngState) {
    this.#state.set(state.slice(0, 4));
    this.#spare = state[4] ?? null;
  }
}

/** What `randn`, `uniform` and the modules' initial values come from. */
export const rng = new Rng(0);
const keys = new Rng(1);

/** Starts the library's random numbers over: initial values, dropout, shuffling. Without it they start from seed 0. */
export function manualSeed(seed: number): void {
  rng.seed(seed);
  keys.seed(seed + 1);
}

/** A key for a dropout kernel, an int32; each call gives the next. Its stream is apart from `rng`: a layer more shifts no initial values. */
export function nextKey(): number {
  return keys.uint32() | 0;
}

/** The state of all of the library's random numbers, to go on later exactly as it would have. */
export function rngState(): { values: RngState; keys: RngState } {
  return { values: rng.state, keys: keys.state };
}

export function setRngState(state: { values: RngState; keys: RngState }): void {
  rng.state = state.values;
  keys.state = state.keys;
}

const rotate = (x: number, by: number): number => ((x << by) | (x >>> (32 - by))) >>> 0;

/** The finalizer that spreads a counter over 32 bits (Wellons' lowbias32). */
function mix(x: number): number {
  let bits = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * The natural logarithm of a normal positive double: 2 ** exponent · m with m in [√½, √2), and ln m = 2 · artanh(s), s = (m - 1) / (m + 1).
 * |s| ≤ 0.172, so the series up to s ** 21 is exact to rounding.
 */
export function ln(x: number): number {
  double[0] = x;
  let exponent = (words[1]! >>> 20) - 1023;
  words[1] = (words[1]! & 0xf_ffff) | (1023 << 20);
  let m = double[0];
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series = 0;
  for (let power = 21; power >= 1; power -= 2) series = series * square + 1 / power;
  return exponent * Math.LN2 + 2 * s * series;
}
