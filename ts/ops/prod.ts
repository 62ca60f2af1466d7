import { ones } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { concat } from "./concat.ts";
import { type ReduceOptions, reduceWith } from "./fold.ts";
import { multiply } from "./multiply.ts";
import { narrow } from "./narrow.ts";

/**
 * The product of all elements, a single number, or along one or several axes; 1 of none. The gradient of each element is the product of
 * the others, also where some are 0. Throws `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  return scope(() =>
    reduceWith("prod", x, options, ({ x: together, dims: { outer, len, inner }, shape }) =>
      halved(together.reshape([outer, len, inner])).reshape(shape),
    ),
  );
}

/** Half of the middle axis times the other half, until one is left: a tree, in which no division by an element is needed going back. */
function halved(x: Tensor): Tensor {
  const [outer, len, inner] = x.shape as [number, number, number];
  if (len === 0) return ones([outer, 1, inner]);
  if (len === 1) return x;
  const half = Math.floor(len / 2);
  const part = (start: number, length: number) => narrow(x, { axis: 1, start, length });
  const products = multiply(part(0, half), part(half, half));
  return halved(len % 2 === 0 ? products : concat([products, part(len - 1, 1)], { axis: 1 }));
}
