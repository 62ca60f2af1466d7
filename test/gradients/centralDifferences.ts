import { expect } from "vitest";
import { random } from "../harness/random.ts";

const STEP = 1e-6;
const RELATIVE = 1e-5;
const ABSOLUTE = 1e-7; // what the step leaves of double precision

/** A function of float64 arrays with its gradient: `forward` reads `inputs` anew each time. */
export interface Differentiable {
  inputs: Record<string, Float64Array>;
  forward(): Float64Array[];
  /** Gradients of `Σ dOut · out`, by the names of the inputs. */
  backward(dOuts: Float64Array[]): Record<string, Float64Array>;
}

/** Every gradient against (f(x + h) − f(x − h)) / 2h, element by element. */
export function expectGradients({ inputs, forward, backward }: Differentiable): void {
  const rng = random(7);
  const dOuts = forward().map((out) => out.map(() => rng.normal()));
  const loss = () => forward().reduce((total, out, o) => total + out.reduce((sum, x, i) => sum + x * dOuts[o]![i]!, 0), 0);
  loss();
  const gradients = backward(dOuts);
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(inputs).sort());
  for (const [name, values] of Object.entries(inputs)) {
    const gradient = gradients[name]!;
    expect(gradient.length, name).toBe(values.length);
    for (let i = 0; i < values.length; i++) {
      const numeric = slope(values, i, loss);
      const difference = Math.abs(gradient[i]! - numeric);
      if (!(difference <= ABSOLUTE + RELATIVE * Math.abs(numeric))) {
        expect.fail(`d ${name}[${i}] is ${gradient[i]}, central differences give ${numeric}`);
      }
    }
  }
}

function slope(values: Float64Array, i: number, loss: () => number): number {
  const value = values[i]!;
  values[i] = value + STEP;
  const above = loss();
  values[i] = value - STEP;
  const below = loss();
  values[i] = value;
  return (above - below) / (2 * STEP);
}
