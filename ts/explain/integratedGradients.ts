import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { checkInput, type Explained, filledLike, slopeAt, valuesAt } from "./gradientTimesInput.ts";

export interface IntegratedGradientsOptions {
  /** Where the path to the input begins: something that says nothing, of the input's shape. Default all 0, as is an embedding of padding. */
  baseline?: Tensor | null | undefined;
  /** How many points of the path the gradient is taken at; each costs a forward and a backward pass. Default 50. */
  steps?: number;
}

export interface IntegratedGradients {
  /** Float32, of the input's shape. */
  attributions: Tensor;
  /**
   * For each item what its attributions sum to, less `fn(input) − fn(baseline)`, which they would sum to but for the error of so many steps. Take
   * more steps if it is not small beside that difference.
   */
  delta: Float64Array;
}

/**
 * How much each element of `input` `[batch, …]` has to do with `fn` of it: what it differs by from the baseline, times the mean gradient of
 * `fn` on the straight line between the two (Sundararajan, Taly and Yan 2017), by Gauss and Legendre's quadrature. The attributions of an item
 * sum to `fn(input) − fn(baseline)`; an element that changes `fn` where nothing else does gets some, even if `fn` is flat at the input.
 * No tensor's `grad` is touched. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`, and `GRAD` if `fn` does not depend on its input.
 */
export function integratedGradients(
  fn: Explained,
  input: Tensor,
  { baseline = null, steps = 50 }: IntegratedGradientsOptions = {},
): IntegratedGradients {
  const op = "integratedGradients";
  checkInput(op, input);
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new FoveaError("RANGE", `${op}: steps must be a whole number of at least 1, got ${steps}`);
  if (baseline) {
    expectAlive(op, baseline);
    if (baseline.dtype !== "float32" || !sameShape(baseline.shape, input.shape))
      throw new FoveaError(
        "SHAPE",
        `${op}: baseline must be float32 ${formatShape(input.shape)} as the input, got ${baseline.dtype} ${formatShape(baseline.shape)}`,
      );
  }
  return scope(() => {
    const from = baseline ?? filledLike(input, () => 0);
    const [start, end] = [Float64Array.from(from.view()), Float64Array.from(input.view())];
    const meanSlope = new Float64Array(input.length);
    for (const { at, weight } of gaussLegendre(steps))
      scope(() => {
        const point = filledLike(input, (i) => start[i]! + at * (end[i]! - start[i]!));
        slopeAt(op, fn, point)
          .slope.view()
          .forEach((slope, i) => {
            meanSlope[i]! += weight * slope;
          });
      });
    const shares = meanSlope.map((slope, i) => slope * (end[i]! - start[i]!));
    const [before, after] = [valuesAt(op, fn, from), valuesAt(op, fn, input)];
    const size = input.length / before.length;
    const delta = Float64Array.from(before, (value, item) => {
      const whole = shares.subarray(item * size, (item + 1) * size).reduce((sum, share) => sum + share, 0);
      return whole - (after[item]! - value);
    });
    return { attributions: filledLike(input, (i) => shares[i]!), delta };
  });
}

/** Points between 0 and 1 and their weights, exact for polynomials of a degree below twice their number: the roots of Legendre's by Newton. */
export function gaussLegendre(count: number): { at: number; weight: number }[] {
  return Array.from({ length: count }, (_, i) => {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (count + 0.5)); // near the root
    for (let round = 0; round < 10; round += 1) x -= legendre(count, x).value / legendre(count, x).slope;
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * legendre(count, x).slope ** 2) };
  });
}

/** Legendre's polynomial of a degree of at least 1, by its recurrence. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [before, value] = [1, x];
  for (let n = 2; n <= degree; n += 1) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}
