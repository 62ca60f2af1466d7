import { type Args, roundingOf } from "./rounding.ts";

interface Fold {
  start: number;
  term(x: number, shift: number): number;
  join(a: number, b: number): number;
}

const sum = (a: number, b: number): number => a + b;

/** By number, as the kernel takes them. */
const folds: readonly Fold[] = [
  { start: 0, term: (x) => x, join: sum },
  { start: -Infinity, term: (x) => x, join: Math.max },
  { start: Infinity, term: (x) => x, join: Math.min },
  { start: 0, term: (x, shift) => Math.exp(x - shift), join: sum },
  { start: 0, term: (x, shift) => (x - shift) ** 2, join: sum },
  { start: 0, term: (x, shift) => (x === shift ? 1 : 0), join: sum },
];

export function fold({ x, shift, out, outer, len, inner, op }: Args["fold"]): void {
  const round = roundingOf(out);
  const { start, term, join } = folds[op]!;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = o * inner + i;
      let result = start;
      for (let l = 0; l < len; l++) result = round(join(result, round(term(x[(o * len + l) * inner + i]!, shift?.[at] ?? 0))));
      out[at] = result;
    }
  }
}

export function find({ x, best, out, outer, len, inner }: Args["find"]): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (l: number): number => x[(o * len + l) * inner + i]!;
      let l = 0;
      while (l < len && at(l) !== best[o * inner + i] && !Number.isNaN(at(l))) l++;
      out[o * inner + i] = l < len ? l : -1;
    }
  }
}

export function cumsum({ x, out, outer, len, inner, backwards }: Args["cumsum"]): void {
  const round = roundingOf(out);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let l = 0; l < len; l++) {
        const at = (o * len + (backwards ? len - 1 - l : l)) * inner + i;
        sum = round(sum + x[at]!);
        out[at] = sum;
      }
    }
  }
}
