import { type Args, roundingOf, temporary } from "./rounding.ts";

export function softmaxForward({ x, out, outer, len, inner }: Args["softmaxForward"]): void {
  const round = roundingOf(out);
  const exps = temporary(out, len);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number) => (o * len + j) * inner + i;
      let max = -Infinity;
      for (let j = 0; j < len; j++) max = Math.max(max, x[at(j)]!);
      let sum = 0;
      for (let j = 0; j < len; j++) {
        exps[j] = Math.exp(x[at(j)]! - max);
        sum = round(sum + exps[j]!);
      }
      for (let j = 0; j < len; j++) out[at(j)] = exps[j]! / sum;
    }
  }
}

export function softmaxBackward({ out, dOut, dX, outer, len, inner }: Args["softmaxBackward"]): void {
  const round = roundingOf(dX);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (j: number) => (o * len + j) * inner + i;
      let mean = 0; // of dOut, weighted by out
      for (let j = 0; j < len; j++) mean = round(mean + round(out[at(j)]! * dOut[at(j)]!));
      for (let j = 0; j < len; j++) dX[at(j)] = out[at(j)]! * round(dOut[at(j)]! - mean);
    }
  }
}
