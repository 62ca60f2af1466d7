import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What every group has; a schedule changes `lr`, as a factor of `initialLr`. */
export interface ParameterGroup {
  readonly params: readonly Tensor[];
  lr: number;
  readonly initialLr: number;
}

/** What the training loop needs of an optimizer. */
export interface Optimizer {
  readonly groups: readonly ParameterGroup[];
  /** Changes the parameters by their gradients. A parameter that got none since `zeroGrad` counts as one whose gradient is 0. */
  step(): void;
  /** The next backward replaces the gradients rather than adding to them. */
  zeroGrad(): void;
}

/** Sets the rate of each group to `factor` times the one it started with. */
export function scaleLearningRates(optimizer: Optimizer, factor: number): void {
  for (const group of optimizer.groups) group.lr = group.initialLr * factor;
}

/** Throws `RANGE` unless `value` lies in the range described. */
export function expectOption(op: string, name: string, value: number, inRange: boolean, range: string): void {
  if (!inRange) throw new FoveaError("RANGE", `${op}: ${name} must be ${range}, got ${value}`);
}
