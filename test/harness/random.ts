/** Numbers from a seed: every test prints or states its own, so a failure can be run again. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** Whole, from 0 to below `limit`. */
  below(limit: number): number;
}

/** splitmix32: each step adds a constant and mixes. */
export function random(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let x = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    below: (limit) => Math.floor(next() * limit),
  };
}

/** `length` values of `draw`, each made a float32 so that kernel and reference are given the same number. */
export const float32Values = (length: number, draw: (index: number) => number): Float64Array =>
  Float64Array.from({ length }, (_, index) => Math.fround(draw(index)));
