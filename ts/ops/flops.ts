// How much is computed: multiplications and additions of matrix products, and of the forward passes of attention and of recurrent layers,
// as the mathematics asks for them with nothing masked. What else there is, element by element, is not counted.

let counted = 0;

/** Called by the ops that do such work, with what they are about to do. */
export function countFlops(flops: number): void {
  counted += flops;
}

/** All since the start; the difference of two is what happened in between. */
export function flopsCounted(): number {
  return counted;
}
