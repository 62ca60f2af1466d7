import { type Backward, record } from "../../ts/autograd/tape.ts";
import { empty, type Tensor } from "../../ts/tensor/tensor.ts";

// Ops in plain loops over views, for tests of the tape itself.

export function elementwise(inputs: Tensor[], f: (...values: number[]) => number): Tensor {
  const out = empty(inputs[0]!.shape);
  const views = inputs.map((input) => input.view());
  const to = out.view();
  for (let i = 0; i < to.length; i += 1) to[i] = f(...views.map((view) => view[i]!));
  return out;
}

/** Sets `out` to `f` of the inputs; gives it. */
export function fill(out: Tensor, inputs: Tensor[], f: (...values: number[]) => number): Tensor {
  const views = inputs.map((input) => input.view());
  const to = out.view();
  for (let i = 0; i < to.length; i += 1) to[i] = f(...views.map((view) => view[i]!));
  return out;
}

export const square = (x: Tensor): Tensor =>
  record(
    elementwise([x], (value) => value * value),
    [x],
    [x],
    (dOut, grads) => [fill(grads.empty(0), [dOut, x], (d, value) => 2 * d * value)],
  );

/** Gives the gradient of its output for both inputs, without a copy. */
export const add = (x: Tensor, y: Tensor): Tensor =>
  record(
    elementwise([x, y], (a, b) => a + b),
    [x, y],
    [],
    (dOut) => [dOut, dOut],
  );

export const multiply = (x: Tensor, y: Tensor): Tensor =>
  record(
    elementwise([x, y], (a, b) => a * b),
    [x, y],
    [x, y],
    (dOut, grads) => [
      grads.wants(0) ? fill(grads.empty(0), [dOut, y], (d, b) => d * b) : null,
      grads.wants(1) ? fill(grads.empty(1), [dOut, x], (d, a) => d * a) : null,
    ],
  );

export function total(x: Tensor): Tensor {
  const out = empty([]);
  let sum = 0;
  for (const value of x.view()) sum += value;
  out.view()[0] = sum;
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    dX.view().fill(dOut.item());
    return [dX];
  });
}

/** The identity, with a backward of one's own. */
export function identity(x: Tensor, backward: Backward, saved: Tensor[] = []): Tensor {
  return record(
    elementwise([x], (value) => value),
    [x],
    saved,
    backward,
  );
}
