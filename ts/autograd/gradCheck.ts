import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { Rng } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import { empty, type Tensor, touch } from "../tensor/tensor.ts";

export interface GradCheckOptions {
  /** How far values are moved, relative to max(1, |value|). Default 1/32. */
  step?: number;
  /** Allowed error: `atol + rtol ·` the largest gradient of that input. Defaults 1e-4 and 1e-3. */
  atol?: number;
  rtol?: number;
  /** How many elements of each input are tried one by one, picked at random where there are more. Default 64. */
  elements?: number;
  /** Picks elements and directions. Default 0. */
  seed?: number;
}

/** The comparison that came out worst, of `compared`. */
export interface GradCheckReport {
  compared: number;
  /** Which of the inputs. */
  input: number;
  /** Row-major index of the element; null for the comparison along a random direction through all of them. */
  element: number | null;
  /** From `backward`, and from differences. */
  gradient: number;
  difference: number;
  /** |gradient - difference| over what is allowed: at most 1 if all is well. */
  error: number;
}

/**
 * Compares what `backward` gives for every input with `requiresGrad` with finite differences of `fn` itself: element by element and
 * along one random direction through all elements. `fn` must give the same for the same values (fix `manualSeed` inside if it drops
 * out) and be smooth nearby: where ReLU has its kink, differences mean nothing. Its output may have any shape; a fixed
 * random combination of it is differentiated, summed in double, by the five-point formula, whose error falls with step⁴:
 * float32 then leaves about 1e-5 · √(elements of the output). The inputs' `grad` is used up.
 *
 * Gives the worst comparison; throws `GRAD` if it is beyond what is allowed.
 */
export function gradCheck<T extends readonly Tensor[]>(
  fn: (...inputs: T) => Tensor,
  inputs: readonly [...T],
  options: GradCheckOptions = {},
): GradCheckReport {
  const { step = 1 / 32, atol = 1e-4, rtol = 1e-3, elements = 64, seed = 0 } = options;
  const random = new Rng(seed);
  const run = () => fn(...(inputs as unknown as T));
  const gradients = analytic(run, inputs, seed);
  let worst: GradCheckReport | null = null;
  let compared = 0;
  gradients.forEach((gradient, input) => {
    if (!gradient) return;
    const values = inputs[input]!;
    const allowed = atol + rtol * largest(gradient);
    const compare = (element: number | null, direction: Float64Array): void => {
      const difference = along(direction, values, step, () => value(run, seed));
      const expected = dot(gradient, direction);
      const error = Math.abs(expected - difference) / allowed;
      compared += 1;
      if (!worst || !(error <= worst.error)) worst = { compared, input, element, gradient: expected, difference, error };
    };
    for (const element of pick(random, values.length, elements)) compare(element, unit(values.length, element));
    compare(null, randomDirection(random, values.length));
  });
  return judge(worst, compared, inputs);
}

function analytic(fn: () => Tensor, inputs: readonly Tensor[], seed: number): (Float64Array | null)[] {
  return scope(() => {
    for (const input of inputs) input.zeroGrad();
    const out = fn();
    const weights = empty(out.shape);
    weights.view().set(combination(out.length, seed));
    out.backward(weights);
    const gradients = inputs.map((input) => {
      if (!input.requiresGrad) return null;
      return input.grad ? Float64Array.from(input.grad.view()) : new Float64Array(input.length);
    });
    for (const input of inputs) input.zeroGrad();
    return gradients;
  });
}

/** The combination of `fn`'s outputs that is differentiated. */
function value(fn: () => Tensor, seed: number): number {
  return noGrad(() =>
    scope(() => {
      const out = fn().view();
      return dot(combination(out.length, seed), out);
    }),
  );
}

/** The derivative of `f` as the values move along `direction`; they are put back afterwards. */
function along(direction: Float64Array, values: Tensor, step: number, f: () => number): number {
  const before = Float64Array.from(values.view());
  const moved = before.reduce((most, x, i) => (direction[i] === 0 ? most : Math.max(most, Math.abs(x))), 1);
  const h = step * moved;
  const at = (steps: number): number => {
    values.view().set(before.map((x, i) => x + steps * h * direction[i]!));
    touch(values);
    return f();
  };
  try {
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
  } finally {
    values.view().set(before);
    touch(values);
  }
}

/** Numbers in [-1, 1), rounded to float32 as the seed of `backward` is. */
const combination = (length: number, seed: number): Float32Array => {
  const random = new Rng(seed + 1);
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
};

function pick(random: Rng, length: number, most: number): number[] {
  const all = Array.from({ length }, (_, index) => index);
  return length <= most ? all : random.shuffle(all).slice(0, most);
}

function unit(length: number, element: number): Float64Array {
  const direction = new Float64Array(length);
  direction[element] = 1;
  return direction;
}

/** Of length 1, every element of the same size. */
const randomDirection = (random: Rng, length: number): Float64Array =>
  Float64Array.from({ length }, () => (random.uniform() < 0.5 ? -1 : 1) / Math.sqrt(length));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
};

const largest = (values: Float64Array): number => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

function judge(worst: GradCheckReport | null, compared: number, inputs: readonly Tensor[]): GradCheckReport {
  if (!worst) throw new FoveaError("GRAD", "gradCheck: no input requires a gradient; make one with { requiresGrad: true }");
  if (!(worst.error <= 1)) {
    const where = `input ${worst.input} ${formatShape(inputs[worst.input]!.shape)}, ${worst.element === null ? "along a direction" : `element ${worst.element}`}`;
    const figures = `backward gives ${worst.gradient}, differences ${worst.difference}, ${worst.error.toFixed(1)} times what is allowed`;
    throw new FoveaError("GRAD", `gradCheck: gradients must agree with differences, got ${where}: ${figures}`);
  }
  return { ...worst, compared };
}
