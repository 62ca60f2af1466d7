import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { type Tensor, touch } from "../tensor/tensor.ts";
import { FlatParameters } from "./flatParameters.ts";
import type { Optimizer, OptimizerState, ParameterGroup } from "./optimizer.ts";

/** Options of which all but `params` may be left out: they are then as the optimizer's. */
export type GroupOptions<Options> = Partial<Options> & { params: readonly Tensor[] };

/** What an optimizer takes: parameters, or groups of them with options of their own. */
export type Parameters<Options> = readonly Tensor[] | readonly GroupOptions<Options>[];

export type Group<Options> = Options & ParameterGroup;

/** What tells one kind of optimizer from another, but for its step. */
export interface Kind<Options> {
  readonly name: string;
  readonly defaults: Options;
  /** Throws `RANGE`, or `RANK` where a shape matters. */
  check(group: Options & Pick<ParameterGroup, "params">): void;
}

/** Groups of parameters, their options and state: what all optimizers share. Parameters and gradients live in one vector each. */
export abstract class GroupedOptimizer<Options extends { lr: number }> implements Optimizer {
  readonly groups: readonly Group<Options>[];
  protected readonly flat: FlatParameters;
  readonly #kind: Kind<Options>;
  readonly #firsts: readonly number[];
  #step = 0;

  /** Throws `RANGE` for an option out of range, no parameters, one given twice, or none that requires a gradient. */
  protected constructor(kind: Kind<Options>, params: Parameters<Options>, options: Partial<Options>) {
    this.#kind = kind;
    this.groups = asGroups(params).map((group) => {
      const complete = { ...overlay(overlay(kind.defaults, options), group), params: [...group.params] };
      kind.check(complete);
      return { ...complete, initialLr: complete.lr };
    });
    const all = this.groups.flatMap((group) => group.params);
    if (all.length === 0) throw new FoveaError("RANGE", `${kind.name}: needs at least one parameter, got none`);
    this.flat = new FlatParameters(kind.name, all);
    const firsts = [0];
    for (const { params } of this.groups) firsts.push(firsts.at(-1)! + params.filter(({ requiresGrad }) => requiresGrad).length);
    this.#firsts = firsts;
  }

  /** Throws `STATE` if a parameter was freed, another optimizer has taken it over, or it was frozen when this one was made. */
  step(): void {
    this.flat.settle(this.#kind.name);
    this.#step += 1;
    scope(() => noGrad(() => this.groups.forEach((group, i) => void this.stepGroup(group, ...this.range(i), this.#step))));
    touch(this.flat.values);
  }

  zeroGrad(): void {
    for (const parameter of this.flat.parameters) parameter.zeroGrad();
  }

  stateDict(): OptimizerState {
    const groups = this.groups.map(({ params, ...options }) => options);
    return { step: this.#step, groups, tensors: new Map(this.stateTensors()) };
  }

  loadStateDict({ step, groups, tensors }: OptimizerState): void {
    const { name } = this.#kind;
    if (groups.length !== this.groups.length)
      throw new FoveaError("STATE", `${name}: the state has ${groups.length} groups, this optimizer ${this.groups.length}`);
    if (!Number.isInteger(step) || step < 0)
      throw new FoveaError("STATE", `${name}: step must be a whole number of at least 0, got ${step}`);
    groups.forEach((options, i) => {
      this.#checkOptions(i, options);
    });
    scope(() => {
      const state = this.stateTensors();
      for (const [key, own] of state) expectLike(name, key, own, tensors.get(key));
      for (const [key, own] of state) own.view().set(tensors.get(key)!.view());
    });
    this.groups.forEach((group, i) => void Object.assign(group, groups[i]));
    this.#step = step;
  }

  /** Frees the state and the gradients. The parameters stay. */
  dispose(): void {
    this.freeState();
    this.flat.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The parameters of group `i` are those of `flat` from the first to before the end. */
  protected range(i: number): [first: number, end: number] {
    return [this.#firsts[i]!, this.#firsts[i + 1]!];
  }

  /** Moves the parameters of `flat` from the `first` to before the `end`; `step` counts from 1. What it makes is freed afterwards. */
  protected abstract stepGroup(group: Group<Options>, first: number, end: number, step: number): void;

  /** Views of all that is remembered, by name. */
  protected abstract stateTensors(): [name: string, tensor: Tensor][];

  protected abstract freeState(): void;

  #checkOptions(i: number, options: Readonly<Record<string, unknown>>): void {
    const { params: _, ...own } = this.groups[i]!;
    for (const [key, value] of Object.entries(own)) {
      if (typeof options[key] === typeof value) continue;
      throw new FoveaError(
        "STATE",
        `${this.#kind.name}: ${key} of group ${i} must be of type ${typeof value}, got ${String(options[key])}`,
      );
    }
    this.#kind.check({ ...this.groups[i]!, ...options });
  }
}

function asGroups<Options>(params: Parameters<Options>): readonly GroupOptions<Options>[] {
  const [first] = params;
  return first && "params" in first
    ? (params as readonly GroupOptions<Options>[])
    : [{ params: params as readonly Tensor[] } as GroupOptions<Options>];
}

/** `below`, with what `above` sets in its place. */
function overlay<Options>(below: Options, above: Partial<Options>): Options {
  const all = { ...below };
  for (const key in above) {
    const value = above[key];
    if (value !== undefined) all[key] = value;
  }
  return all;
}

/** A record with a value for each name. */
export function recordOf<Name extends string, T>(names: readonly Name[], value: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>;
}

function expectLike(op: string, name: string, own: Tensor, given: Tensor | undefined): void {
  if (given?.alive && given.dtype === own.dtype && sameShape(given.shape, own.shape)) return;
  const got = given ? `${given.dtype} ${formatShape(given.shape)}` : "nothing";
  throw new FoveaError("STATE", `${op}: ${name} must be ${own.dtype} ${formatShape(own.shape)}, got ${got}`);
}
