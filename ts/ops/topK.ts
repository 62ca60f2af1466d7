import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { transpose } from "./permute.ts";

export interface TopKOptions {
  axis?: number;
  /** False: the smallest. */
  largest?: boolean;
}

export interface Ranked {
  values: Tensor;
  /** int32: where along the axis each value was. */
  indices: Tensor;
}

/**
 * The `k` largest elements along `axis`, the largest first, and where they are; equal ones in the order of their indices, NaN above all
 * numbers. Gradients go back to where the values came from. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function topK(x: Tensor, k: number, { axis = -1, largest = true }: TopKOptions = {}): Ranked {
  expectFloat("topK", { x });
  const at = axisOf("topK", axis, x.shape);
  if (!(Number.isInteger(k) && k >= 0 && k <= x.shape[at]!))
    throw new FoveaError(
      "RANGE",
      `topK: k must be from 0 to ${x.shape[at]} of axis ${axis}, got ${k} for ${formatShape(x.shape)}`,
    );
  return ranked(x, k, at, !largest);
}

export interface SortOptions {
  axis?: number;
  descending?: boolean;
}

/** The elements along `axis` in order, and where they were, as `topK`; equal ones stay in theirs. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function sort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Ranked {
  expectFloat("sort", { x });
  const at = axisOf("sort", axis, x.shape);
  return ranked(x, x.shape[at]!, at, !descending);
}

function ranked(x: Tensor, k: number, axis: number, smallest: boolean): Ranked {
  const last = x.shape.length - 1;
  if (axis === last) return rankedRows(x, k, smallest);
  const rows = transpose(x, axis, last);
  const found = rankedRows(rows, k, smallest);
  const values = transpose(found.values, axis, last);
  const indices = transpose(found.indices, axis, last);
  for (const temporary of [rows, found.values, found.indices]) temporary.dispose();
  return { values, indices };
}

function rankedRows(x: Tensor, k: number, smallest: boolean): Ranked {
  const len = x.shape.at(-1)!;
  const rows = count(x.shape.slice(0, -1));
  const shape = x.shape.with(-1, k);
  const [values, indices] = [empty(shape), empty(shape, "int32")];
  if (values.length > 0) kernels.topK({ x, values, indices, rows, len, k, smallest });
  record(values, [x], [indices], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.fill({ out: dX, n: dX.length, value: 0 });
    const dims = { outer: rows, len, count: k, inner: 1, shared: false };
    if (dOut.length > 0) kernels.scatterAdd({ x: dOut, index: indices, out: dX, ...dims });
    return [dX];
  });
  return { values, indices };
}
