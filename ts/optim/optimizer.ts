import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What every group has; a schedule changes `lr`, as a factor of `initialLr`. */
export interface ParameterGroup {
  readonly params: readonly Tensor[];
  lr: number;
  readonly initialLr: number;
  /** Of SGD, RMSprop and Muon; a one-cycle schedule changes it. */
  momentum?: number;
  /** Of Adam and its relatives; a one-cycle schedule changes the first. */
  betas?: readonly [number, number];
}

/**
 * All that a later run needs to go on. `groups` are each group's options as they are now; `tensors` are views of the optimizer's own memory,
 * `0.exp_avg` the first moment of the first parameter, under PyTorch's names.
 */
export interface OptimizerState {
  readonly step: number;
  readonly groups: readonly Readonly<Record<string, unknown>>[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** What the training loop needs of an optimizer. */
export interface Optimizer {
  readonly groups: readonly ParameterGroup[];
  /** Changes the parameters by their gradients. A parameter that got none since `zeroGrad` counts as one whose gradient is 0. */
  step(): void;
  /** The next backward replaces the gradients rather than adding to them. */
  zeroGrad(): void;
  stateDict(): OptimizerState;
  /** Throws `STATE` or `RANGE`, and changes nothing then. */
  loadStateDict(state: OptimizerState): void;
}

/** Sets the rate of each group to `factor` times the one it started with. Throws `RANGE` for a factor that would spoil the parameters. */
export function scaleLearningRates(optimizer: Optimizer, factor: number): void {
  expectOption("schedule", "the factor of the rate", factor, Number.isFinite(factor), "finite");
  for (const group of optimizer.groups) group.lr = group.initialLr * factor;
}

/** Throws `RANGE` unless `value` lies in the range described. */
export function expectOption(op: string, name: string, value: number, inRange: boolean, range: string): void {
  if (!inRange) throw new FoveaError("RANGE", `${op}: ${name} must be ${range}, got ${value}`);
}

/** Throws `RANGE` where nobody knows how many steps there are: a schedule that counts on it would stand still without a word. */
export function expectTotalSteps(op: string, totalSteps: number): void {
  if (totalSteps !== Infinity) return;
  throw new FoveaError(
    "RANGE",
    `${op}: the number of all steps must be known, got Infinity; of data that cannot be counted, give fit its steps`,
  );
}

/** Throws `RANGE` for the first of the options that is below 0 or NaN. */
export function expectNotNegative<Name extends string>(op: string, options: Record<Name, number>, ...names: Name[]): void {
  for (const name of names) expectOption(op, name, options[name], options[name] >= 0, "at least 0");
}

/** Throws `RANGE` unless `value` is one of `choices`. */
export function expectChoice(op: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw new FoveaError("RANGE", `${op}: ${name} must be ${choices.join(" or ")}, got ${value}`);
}

/** Throws `RANGE` unless each is a share that leaves something: from 0 and below 1. */
export function expectShares(op: string, name: string, ...values: readonly number[]): void {
  for (const value of values) expectOption(op, name, value, value >= 0 && value < 1, "from 0 and below 1");
}
