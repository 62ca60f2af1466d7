import { type Args, roundingOf } from "./rounding.ts";

export function rotate({ x, cos, sin, out, batch, length, numHeads, headDim, tableBatch, pairs, ...way }: Args["rotate"]): void {
  const round = roundingOf(out);
  out.set(x);
  for (let token = 0; token < batch * length; token++) {
    const row = (token % (tableBatch * length)) * pairs;
    for (let head = 0; head < numHeads; head++) {
      const at = (token * numHeads + head) * headDim;
      for (let pair = 0; pair < pairs; pair++) {
        const [a, b] = way.interleaved ? [at + 2 * pair, at + 2 * pair + 1] : [at + pair, at + pair + pairs];
        const cosine = cos[row + pair]!;
        const sine = way.inverse ? -sin[row + pair]! : sin[row + pair]!;
        out[a] = round(x[a]! * cosine) - round(x[b]! * sine);
        out[b] = round(x[b]! * cosine) + round(x[a]! * sine);
      }
    }
  }
}
