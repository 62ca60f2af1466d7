import { reference } from "../../ts/reference/index.ts";
import { float32Values, random } from "../harness/random.ts";
import type { Differentiable } from "./centralDifferences.ts";

const zeros = (length: number) => new Float64Array(length);

/** Each kind of elementwise loss in `x` and in the target, with weights, and for each a gradient or one for all. */
export const elementwiseLossGradients: Record<string, () => Differentiable> = {
  bent: () => elementwise(0, normal(1), normal(2)),
  absolute: () => elementwise(1, normal(1), normal(2)),
  KL: () => elementwise(2, normal(1), open(2)),
  "KL of log": () => elementwise(3, normal(1), normal(2)),
  "of logits": () => elementwise(4, normal(1), open(2)),
  "of probabilities": () => elementwise(5, open(1), open(2)),
};

const length = 13;

function normal(seed: number): Float64Array {
  const rng = random(seed);
  return float32Values(length, () => rng.normal());
}

/** Between 0.1 and 0.9. */
function open(seed: number): Float64Array {
  const rng = random(seed);
  return float32Values(length, () => 0.1 + 0.8 * rng.next());
}

function elementwise(kind: number, x: Float64Array, target: Float64Array): Differentiable {
  const positive = Float64Array.of(0.5, 2, 3);
  const weights = Float64Array.of(1, 0.25, 2, 0.5, 3);
  const settings = { n: length, positiveLen: 3, weightsLen: 5, kind, beta: 0.7, scale: 1.3 };
  const inputs = { x, target, positive, weights };
  return {
    inputs: { x, target },
    forward() {
      const losses = zeros(length);
      reference.elementwiseLossForward({ ...inputs, losses, ...settings });
      return [losses];
    },
    backward([dLosses]) {
      const [dX, dTarget] = [zeros(length), zeros(length)];
      const slope = (d: Float64Array, ofTarget: boolean) =>
        reference.elementwiseLossBackward({ ...inputs, dLosses: dLosses!, d, ...settings, dLoss: Number.NaN, ofTarget });
      slope(dX, false);
      slope(dTarget, true);
      return { x: dX, target: dTarget };
    },
  };
}

/** Repeats, an empty target, items shorter than the batch, one that cannot be, and another class as the blank. */
export const ctcGradients: Record<string, () => Differentiable> = {
  "whole items, a repeat": () => ctc({ blank: 0, targets: [1, 1, 2, 2, 3, 1], inputLengths: [7, 7], targetLengths: [3, 3] }),
  "lengths of their own": () => ctc({ blank: 3, targets: [0, 1, 0, 2, 2, 1], inputLengths: [5, 6], targetLengths: [2, 0] }),
  "one that cannot be": () => ctc({ blank: 0, targets: [1, 1, 1, 2, 3, 1], inputLengths: [4, 7], targetLengths: [3, 3] }),
};

interface Items {
  blank: number;
  targets: number[];
  inputLengths: number[];
  targetLengths: number[];
}

function ctc({ blank, targets, inputLengths, targetLengths }: Items): Differentiable {
  const dims = { batch: 2, frames: 7, classes: 4, targetLen: 3, blank };
  const lengths = { inputLengths: Int32Array.from(inputLengths), targetLengths: Int32Array.from(targetLengths) };
  const rng = random(5);
  const logProbs = float32Values(2 * 7 * 4, () => rng.normal() - 1.5);
  const inputs = { logProbs, targets: Int32Array.from(targets), ...lengths };
  const alphas = zeros(2 * 7 * 9);
  return {
    inputs: { logProbs },
    forward() {
      const losses = zeros(2);
      reference.ctcForward({ ...inputs, losses, alphas, ...dims });
      return [losses.map((loss) => (loss === Infinity ? 0 : loss))]; // no slope where there is no path
    },
    backward([dLosses]) {
      const dLogProbs = zeros(logProbs.length);
      reference.ctcBackward({ ...inputs, alphas, dLosses: dLosses!, dLogProbs, ...dims });
      return { logProbs: dLogProbs };
    },
  };
}
