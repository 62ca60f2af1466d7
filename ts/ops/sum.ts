import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { folded, type Middle, type ReduceOptions, reduceWith } from "./fold.ts";
import { arrange } from "./strided.ts";

/** The sum of all elements, a single number, or along one or several axes; 0 of none. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  expectFloat("sum", { x });
  if (options.axis === undefined && !options.keepdim) return sumOfAll(x);
  return reduceWith("sum", x, options, (middle) => {
    const out = folded("sum", middle);
    return record(out, [middle.x], [], (dOut, grads) => [repeated(dOut, middle, grads.empty(0))]);
  });
}

function sumOfAll(x: Tensor): Tensor {
  const out = empty([]);
  out.view()[0] = total(x);
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.fill({ out: dX, n: dX.length, value: dOut.item() });
    return [dX];
  });
}

/** Fills `dX` with the gradient of the sum each element went into. */
function repeated(dOut: Tensor, { dims: { outer, len, inner } }: Middle, dX: Tensor): Tensor {
  const across = { size: inner, x: 1, out: 1 };
  arrange(dOut, dX, { axes: [{ size: outer, x: inner, out: len * inner }, { size: len, x: 0, out: inner }, across] });
  return dX;
}

/** The sum of all elements, as a number: blocks in float32, the blocks' sums in float64. Their order is fixed. */
export function total(x: Tensor): number {
  const n = x.length;
  if (n === 0) return 0;
  const partials = empty([Math.ceil(n / BLOCK)]);
  kernels.sum({ x, partials, n });
  let sum = 0;
  for (const partial of partials.view()) sum += partial;
  partials.dispose();
  return sum;
}

/** How many elements the kernel puts into one partial sum. */
const BLOCK = 4096;
