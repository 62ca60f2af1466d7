import { record } from "../autograd/tape.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { axisOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { aroundAxis, expectFloat } from "./checks.ts";
import { repeatAxis, sumAxis } from "./expand.ts";

export interface ReduceOptions {
  /** The axis to sum over; all of them if left out. */
  axis?: number | undefined;
  /** Leave that axis in place, with size 1. */
  keepdim?: boolean;
}

/** The sum of all elements, a single number, or along one axis. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function sum(x: Tensor, { axis, keepdim = false }: ReduceOptions = {}): Tensor {
  expectFloat("sum", { x });
  if (axis === undefined) return sumOfAll(x);
  const at = axisOf("sum", axis, x.shape);
  const { outer, length, inner } = aroundAxis(x.shape, at);
  const kept = x.shape.with(at, 1);
  const summed = sumAxis(x, outer, length, inner);
  const out = summed.reshape(keepdim ? kept : x.shape.toSpliced(at, 1));
  summed.dispose();
  return record(out, [x], [], (dOut) => [repeatAxis(dOut.reshape(kept), at, length)]);
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
