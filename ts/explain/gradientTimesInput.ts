import { grad } from "../autograd/grad.ts";
import { multiply } from "../ops/multiply.ts";
import { sum } from "../ops/sum.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad, withGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";

/**
 * What is explained: of inputs `[batch, …]`, embeddings for instance, one number for each item, `[batch]`, such as its logit of a class. No
 * item may change another's number, and dropout must rest (`model.eval()`).
 *
 *     const ofClass = (embedded: Tensor): Tensor => {
 *       using hook = model.embedding.registerForwardHook(() => embedded); // in place of the tokens' own
 *       return gather(model.forward(ids, { lengths }), 1, classes).reshape([-1]); // classes: int32 [batch, 1]
 *     };
 */
export type Explained = (input: Tensor) => Tensor;

/**
 * How much each element of `input` has to do with `fn` of it: the gradient there times the element (Shrikumar et al. 2017). Float32 of
 * `input`'s shape `[batch, …]`. Exact for a linear `fn`, where it sums to `fn(input) − fn(0)`; elsewhere it sees the slope at one point only.
 * No tensor's `grad` is touched. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`, and `GRAD` if `fn` does not depend on its input.
 */
export function gradientTimesInput(fn: Explained, input: Tensor): Tensor {
  checkInput("gradientTimesInput", input);
  return scope(() => noGrad(() => multiply(slopeAt("gradientTimesInput", fn, input).slope, input)));
}

export function checkInput(op: string, input: Tensor): void {
  expectAlive(op, input);
  if (input.dtype !== "float32")
    throw new FoveaError("DTYPE", `${op}: input must be float32, such as embeddings of ids, got ${input.dtype}`);
  if (input.shape.length === 0) throw new FoveaError("RANK", `${op}: input must be [batch, …], got []`);
}

/** The gradient of `fn` at `point`, and what `fn` is there, for each item. */
export function slopeAt(op: string, fn: Explained, point: Tensor): { slope: Tensor; values: Float32Array } {
  return scope(() => {
    const leaf = point.detach();
    leaf.requiresGrad = true;
    const out = withGrad(() => checkedOutput(op, fn(leaf), point));
    const [slope] = grad(
      withGrad(() => sum(out)),
      [leaf],
    );
    return { slope, values: Float32Array.from(out.view()) };
  });
}

/** `fn` of an input, for each item. */
export function valuesAt(op: string, fn: Explained, input: Tensor): Float32Array {
  return scope(() => noGrad(() => Float32Array.from(checkedOutput(op, fn(input), input).view())));
}

function checkedOutput(op: string, out: Tensor, { shape }: Tensor): Tensor {
  if (sameShape(out.shape, shape.slice(0, 1))) return out;
  throw new FoveaError(
    "SHAPE",
    `${op}: fn must give one number for each item, ${formatShape(shape.slice(0, 1))} for input ${formatShape(shape)}, got ${formatShape(out.shape)}`,
  );
}

/** A tensor like `input` of the values that `at` gives. */
export function filledLike(input: Tensor, at: (i: number) => number): Tensor {
  const out = empty(input.shape);
  const view = out.view();
  for (let i = 0; i < view.length; i += 1) view[i] = at(i);
  return out;
}
