import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { expectAlive, Tensor } from "../tensor/tensor.ts";

/** What the forward function of a custom op is given besides its arguments. */
export interface CustomForward {
  /** Names the tensors that backward reads: arguments, the result, or others made on the way. To be called once. */
  save(...tensors: readonly Tensor[]): void;
}

/** What its backward function is given besides the gradient. */
export interface CustomBackward {
  /** What was saved, in order. */
  readonly saved: readonly Tensor[];
  /** Whether anybody needs the gradient of argument `i`; where not, null saves the work. */
  wants(i: number): boolean;
}

export interface CustomOp<Args extends readonly unknown[]> {
  /** For errors. */
  name: string;
  /** The result, a new tensor, from the arguments. Other ops may be used; what they make is not recorded, and freed. */
  forward(context: CustomForward, ...args: Args): Tensor;
  /** The gradient for each argument, of its shape, from that of the result; null for what is no tensor, or not wanted. */
  backward(context: CustomBackward, dOut: Tensor): readonly (Tensor | null)[];
}

/**
 * A differentiable op of your own, from how it is computed and how its gradient is: by other ops, or number by number through `view()`.
 * Tensors among its arguments can have gradients; anything else is passed on as it is. `gradCheck` tells whether the two agree.
 *
 *     const cube = customOp({
 *       name: "cube",
 *       forward({ save }, x: Tensor) {
 *         save(x);
 *         const out = zeros(x.shape);
 *         const [from, to] = [x.view(), out.view()];             // borrowed: taken when nothing more is made
 *         for (let i = 0; i < to.length; i += 1) to[i] = from[i] ** 3;
 *         return out;
 *       },
 *       backward: ({ saved: [x] }, dOut) => [multiply(dOut, multiply(3, square(x)))],
 *     });
 *     gradCheck(cube, [randn([2, 3], { requiresGrad: true })]);
 *
 * Calling it throws `GRAD` if forward does not give a new tensor; `backward` throws it unless there is one gradient for each argument,
 * of its shape.
 */
export function customOp<Args extends readonly unknown[]>({
  name,
  forward,
  backward,
}: CustomOp<Args>): (...args: Args) => Tensor {
  return (...args) => {
    const inputs = args.map((arg) => (arg instanceof Tensor ? arg : null));
    for (const input of inputs) if (input) expectAlive(name, input);
    return scope(() => {
      let saved: readonly Tensor[] = [];
      const save = (...tensors: readonly Tensor[]): void => {
        saved = tensors;
      };
      const out = noGrad(() => forward({ save }, ...args));
      expectNew(name, out, inputs);
      return record(out, inputs, saved, (dOut, grads) => {
        const wants = (i: number): boolean => grads.wants(i);
        const gradients = backward({ saved, wants }, dOut);
        expectGradients(name, gradients, inputs);
        return gradients;
      });
    });
  };
}

function expectNew(name: string, out: unknown, inputs: readonly (Tensor | null)[]): void {
  if (!(out instanceof Tensor)) throw new FoveaError("GRAD", `${name}: forward must give a tensor, got ${String(out)}`);
  if (out.dtype !== "float32" || inputs.includes(out) || out.requiresGrad)
    throw new FoveaError("GRAD", `${name}: forward must give a new float32 tensor, got ${out.dtype} ${formatShape(out.shape)}`);
}

function expectGradients(name: string, given: readonly (Tensor | null)[], inputs: readonly (Tensor | null)[]): void {
  if (given.length !== inputs.length)
    throw new FoveaError(
      "GRAD",
      `${name}: backward must give a gradient or null for each argument, got ${given.length} for ${inputs.length}`,
    );
  given.forEach((gradient, i) => {
    const shape = inputs[i]?.shape;
    if (!gradient || (shape && gradient.dtype === "float32" && sameShape(gradient.shape, shape))) return;
    const rule = shape ? `float32 ${formatShape(shape)}` : "null";
    throw new FoveaError(
      "GRAD",
      `${name}: backward must give ${rule} for argument ${i}, got ${gradient.dtype} ${formatShape(gradient.shape)}`,
    );
  });
}
