import { record } from "../autograd/tape.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { pairwise } from "./binary.ts";
import { log } from "./elementary.ts";
import { folded, type Middle, type ReduceOptions, reduceWith, withResults } from "./fold.ts";

/**
 * `ln Σ eˣ` of all elements, a single number, or along one or several axes, without overflow; −∞ of none. Throws `RANGE`, `DTYPE`,
 * `DISPOSED`.
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduceWith("logSumExp", x, options, (middle) => {
    const out = scope(() => {
      const { most, rest } = parts(middle);
      return pairwise("add", most, rest);
    });
    return record(out, [middle.x], [middle.x, out], (dOut, grads) => [
      withResults("exponential", middle, out, dOut, grads.empty(0)),
    ]);
  });
}

/** `x − ln Σ eˣ` along `axis`: the logarithm of `softmax`, precise where that is nearly 0. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function logSoftmax(x: Tensor, { axis = -1 }: { axis?: number } = {}): Tensor {
  return reduceWith("logSoftmax", x, { axis, keepdim: true }, (middle) => {
    const out = empty(x.shape);
    scope(() => {
      const { most, rest } = parts(middle);
      withResults("minusBoth", middle, most, rest, out);
    });
    return record(out, [x], [out], (dOut, grads) => {
      const sums = folded("sum", { ...middle, x: dOut });
      return [withResults("softmax", { ...middle, x: out }, sums, dOut, grads.empty(0))];
    });
  });
}

/** The largest element, and the logarithm of the sum of the powers of what each is below it. */
function parts(middle: Middle): { most: Tensor; rest: Tensor } {
  const most = folded("maximum", middle);
  // Nothing can be taken from ±∞, and nothing need be: the sum is 0, ∞ or NaN as it is.
  const view = most.view();
  for (let i = 0; i < view.length; i += 1) if (!Number.isFinite(view[i]!)) view[i] = 0;
  return { most, rest: noGrad(() => log(folded("exponentials", middle, most))) };
}
