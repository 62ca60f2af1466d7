// Parts of a tensor along one axis, one after the other.

import type { Tensor } from "../tensor/tensor.ts";
import { aroundAxis } from "./checks.ts";
import { arrange } from "./strided.ts";

/** Where parts of these sizes begin, one after the other, and how much they are together. */
export function startsOf(sizes: readonly number[]): { starts: number[]; total: number } {
  let total = 0;
  const starts = sizes.map((size) => {
    total += size;
    return total - size;
  });
  return { starts, total };
}

/** Places `part` in `whole`, from `start` on along `axis`. */
export function copyInto(part: Tensor, whole: Tensor, axis: number, start: number): void {
  const { axes, offset } = pieces(part, whole, axis, start);
  arrange(part, whole, { axes: axes.map(({ size, ofPart, ofWhole }) => ({ size, x: ofPart, out: ofWhole })), outOffset: offset });
}

/** Fills `part` with what `whole` has from `start` on along `axis`. */
export function copyOutOf(whole: Tensor, part: Tensor, axis: number, start: number): void {
  const { axes, offset } = pieces(part, whole, axis, start);
  arrange(whole, part, { axes: axes.map(({ size, ofPart, ofWhole }) => ({ size, x: ofWhole, out: ofPart })), xOffset: offset });
}

interface Pieces {
  axes: readonly { size: number; ofPart: number; ofWhole: number }[];
  offset: number;
}

function pieces(part: Tensor, whole: Tensor, axis: number, start: number): Pieces {
  const { outer, length, inner } = aroundAxis(part.shape, axis);
  const axes = [
    { size: outer, ofPart: length * inner, ofWhole: whole.shape[axis]! * inner },
    { size: length * inner, ofPart: 1, ofWhole: 1 },
  ];
  return { axes, offset: start * inner };
}
