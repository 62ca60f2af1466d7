import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** `Σ x²`: blocks in float32, the blocks' sums in float64. Their order is fixed. */
export function sumSquares(x: Tensor): number {
  const n = x.length;
  if (n === 0) return 0;
  const partials = empty([Math.ceil(n / BLOCK)]);
  kernels.sumSquares({ x, partials, n });
  let sum = 0;
  for (const partial of partials.view()) sum += partial;
  partials.dispose();
  return sum;
}

/** `(Σ |x|ᵖ)^(1 / p)` of all `x` together; of p = ∞ the largest `|x|`. NaN if one of them is. */
export function normOf(tensors: readonly Tensor[], p: number): number {
  if (p === Infinity) return tensors.reduce((most, x) => Math.max(most, largest(x)), 0);
  if (p === 2) return Math.sqrt(tensors.reduce((sum, x) => sum + sumSquares(x), 0));
  return tensors.reduce((sum, x) => sum + sumPowers(x, p), 0) ** (1 / p);
}

/** These two run outside of wasm: nobody clips by them every step of a long training. */
function largest(x: Tensor): number {
  let most = 0;
  for (const value of x.view()) most = Math.max(most, Math.abs(value)); // of NaN NaN
  return most;
}

function sumPowers(x: Tensor, p: number): number {
  let sum = 0;
  for (const value of x.view()) sum += Math.abs(value) ** p;
  return sum;
}

/** How many elements the kernel puts into one partial sum. */
const BLOCK = 4096;
