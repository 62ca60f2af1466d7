import type { Args } from "./rounding.ts";

type Positions = Pick<Args["meanPoolForward"], "lengths" | "keep" | "len">;

const counts = ({ lengths, keep, len }: Positions, item: number, position: number): boolean =>
  position < (lengths ? lengths[item]! : len) && keep?.[item * len + position] !== 0;

function countOf(positions: Positions, item: number): number {
  let count = 0;
  for (let i = 0; i < positions.len; i++) if (counts(positions, item, i)) count++;
  return count;
}

export function meanPoolForward(args: Args["meanPoolForward"]): void {
  const { x, out, batch, len, cols } = args;
  out.fill(0);
  for (let item = 0; item < batch; item++) {
    const count = countOf(args, item);
    if (count === 0) continue;
    for (let i = 0; i < len; i++) {
      if (!counts(args, item, i)) continue;
      for (let c = 0; c < cols; c++) out[item * cols + c]! += x[(item * len + i) * cols + c]!;
    }
    for (let c = 0; c < cols; c++) out[item * cols + c]! /= count;
  }
}

export function meanPoolBackward(args: Args["meanPoolBackward"]): void {
  const { dOut, dX, batch, len, cols } = args;
  for (let item = 0; item < batch; item++) {
    const count = countOf(args, item);
    for (let i = 0; i < len; i++) {
      for (let c = 0; c < cols; c++) dX[(item * len + i) * cols + c] = counts(args, item, i) ? dOut[item * cols + c]! / count : 0;
    }
  }
}
