import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { pairwise } from "./binary.ts";
import { folded, type Middle, type ReduceOptions, reduceWith, withResults } from "./fold.ts";

/**
 * The largest of all elements, a single number, or along one or several axes; NaN if there is one. Equal ones share the gradient, as of
 * PyTorch's `amax`; `argmax` says where the first of them is. Throws `SHAPE` if there are none, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return extreme("max", "maximum", x, options);
}

/** The smallest of all elements, as `max` is the largest. */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return extreme("min", "minimum", x, options);
}

function extreme(op: string, kind: "maximum" | "minimum", x: Tensor, options: ReduceOptions): Tensor {
  return reduceWith(op, x, options, (middle) => {
    expectSome(op, middle);
    const out = folded(kind, middle);
    return record(out, [middle.x], [middle.x, out], (dOut, grads) => {
      const share = pairwise("divide", dOut, folded("matches", middle, out));
      return [withResults("match", middle, out, share, grads.empty(0))];
    });
  });
}

export interface ArgOptions {
  /** The axis to search; all of them, in row-major order, if left out. */
  axis?: number;
  /** Leave it in place, with size 1. */
  keepdim?: boolean;
}

/**
 * Where the largest element is, int32: the first of equal ones, the first NaN if there is one. Throws `SHAPE` if there is nothing to
 * search, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function argmax(x: Tensor, options: ArgOptions = {}): Tensor {
  return place("argmax", "maximum", x, options);
}

/** Where the smallest element is, as `argmax` is of the largest. */
export function argmin(x: Tensor, options: ArgOptions = {}): Tensor {
  return place("argmin", "minimum", x, options);
}

function place(op: string, kind: "maximum" | "minimum", x: Tensor, options: ArgOptions): Tensor {
  return noGrad(() =>
    reduceWith(op, x, options, (middle) => {
      expectSome(op, middle);
      const best = folded(kind, middle);
      const out = empty(middle.shape, "int32");
      if (out.length > 0) kernels.find({ x: middle.x, best, out, ...middle.dims });
      best.dispose();
      return out;
    }),
  );
}

function expectSome(op: string, { x, dims, shape }: Middle): void {
  if (dims.len > 0 || shape.includes(0)) return;
  throw new FoveaError("SHAPE", `${op}: there must be an element to find, got ${formatShape(x.shape)}`);
}
