import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { zeros } from "../tensor/create.ts";
import { keepAlive } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { slice, type Tensor, touch } from "../tensor/tensor.ts";
import { FlatParameters } from "./flatParameters.ts";
import { expectOption, type Optimizer, type ParameterGroup } from "./optimizer.ts";

export interface AdamWOptions {
  lr?: number;
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

/** Parameters with options of their own; what is left out is as the optimizer's. */
export interface AdamWGroupOptions extends AdamWOptions {
  params: readonly Tensor[];
}

export interface AdamWGroup extends ParameterGroup {
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
}

/**
 * All that a later run needs to go on; `tensors` are views of the optimizer's own memory, `0.exp_avg` the first moment of the
 * first parameter.
 */
export interface AdamWState {
  step: number;
  groups: { lr: number; initialLr: number; betas: readonly [number, number]; eps: number; weightDecay: number }[];
  tensors: Map<string, Tensor>;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), PyTorch's defaults. The parameters move into one flat vector,
 * their gradients into another, and a step is one kernel call per group. Frozen parameters are left alone, and those that are
 * frozen when it is made take no memory.
 */
export class AdamW implements Optimizer {
  readonly groups: readonly AdamWGroup[];
  readonly #flat: FlatParameters;
  readonly #m: Tensor;
  readonly #v: Tensor;
  /** The parameters of group i are those from `#firsts[i]` to before `#firsts[i + 1]`. */
  readonly #firsts: readonly number[];
  #step = 0;

  /** Throws `RANGE` for an option out of range, no parameters, one given twice, or none that requires a gradient. */
  constructor(params: readonly Tensor[] | readonly AdamWGroupOptions[], options: AdamWOptions = {}) {
    this.groups = asGroups(params).map((group) => completeGroup({ ...options, ...group }));
    const all = this.groups.flatMap((group) => group.params);
    if (all.length === 0) throw new FoveaError("RANGE", "AdamW: needs at least one parameter, got none");
    this.#flat = new FlatParameters("AdamW", all);
    this.#m = keepAlive(zeros(this.#flat.values.shape));
    this.#v = keepAlive(zeros(this.#flat.values.shape));
    const firsts = [0];
    for (const { params } of this.groups) firsts.push(firsts.at(-1)! + params.filter(({ requiresGrad }) => requiresGrad).length);
    this.#firsts = firsts;
  }

  /** Throws `STATE` if a parameter was freed, another optimizer has taken it over, or it was frozen when this one was made. */
  step(): void {
    this.#flat.settle("AdamW");
    this.#step += 1;
    this.groups.forEach((group, i) => {
      for (const stretch of this.#flat.stretches(this.#firsts[i]!, this.#firsts[i + 1]!)) this.#stepStretch(group, stretch);
    });
    touch(this.#flat.values);
  }

  #stepStretch({ lr, betas: [beta1, beta2], eps, weightDecay }: AdamWGroup, [start, end]: readonly [number, number]): void {
    if (start === end) return;
    const n = end - start;
    const part = (whole: Tensor) => slice(whole, start, [n]);
    const buffers = { param: part(this.#flat.values), grad: part(this.#flat.gradients), m: part(this.#m), v: part(this.#v) };
    // Of the betas that the kernel gets: 1 − 0.999 as float32 holds 0.999 is smaller by 1.3e-5.
    const correction1 = 1 - Math.fround(beta1) ** this.#step;
    const correction2 = 1 - Math.fround(beta2) ** this.#step;
    kernels.adamwStep({ ...buffers, n, lr, beta1, beta2, eps, weightDecay, correction1, correction2 });
    for (const buffer of Object.values(buffers)) buffer.dispose();
  }

  zeroGrad(): void {
    for (const parameter of this.#flat.parameters) parameter.zeroGrad();
  }

  stateDict(): AdamWState {
    const groups = this.groups.map(({ lr, initialLr, betas, eps, weightDecay }) => ({ lr, initialLr, betas, eps, weightDecay }));
    return { step: this.#step, groups, tensors: new Map(this.#moments()) };
  }

  /**
   * Throws `STATE`, and changes nothing then, if the state is not one of an optimizer over parameters of these shapes in these
   * groups.
   */
  loadStateDict({ step, groups, tensors }: AdamWState): void {
    if (groups.length !== this.groups.length)
      throw new FoveaError("STATE", `AdamW: the state has ${groups.length} groups, this optimizer ${this.groups.length}`);
    if (!Number.isInteger(step) || step < 0)
      throw new FoveaError("STATE", `AdamW: step must be a whole number of at least 0, got ${step}`);
    const moments = this.#moments();
    for (const [name, own] of moments) {
      const given = tensors.get(name);
      if (!given?.alive || !sameShape(given.shape, own.shape))
        throw new FoveaError(
          "STATE",
          `AdamW: ${name} must be ${formatShape(own.shape)}, got ${given ? formatShape(given.shape) : "nothing"}`,
        );
    }
    for (const [name, own] of moments) own.view().set(tensors.get(name)!.view());
    for (const [, own] of moments) own.dispose();
    this.groups.forEach((group, i) => {
      Object.assign(group, groups[i]);
    });
    this.#step = step;
  }

  /** Frees the moments and the gradients. The parameters stay. */
  dispose(): void {
    for (const vector of [this.#m, this.#v]) vector.dispose();
    this.#flat.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #moments(): [name: string, moment: Tensor][] {
    return this.#flat.parameters.flatMap(({ shape }, i): [string, Tensor][] => {
      const start = this.#flat.starts[i]!;
      return [
        [`${i}.exp_avg`, slice(this.#m, start, shape)],
        [`${i}.exp_avg_sq`, slice(this.#v, start, shape)],
      ];
    });
  }
}

function asGroups(params: readonly Tensor[] | readonly AdamWGroupOptions[]): readonly AdamWGroupOptions[] {
  const [first] = params;
  return first && "params" in first ? (params as readonly AdamWGroupOptions[]) : [{ params: params as readonly Tensor[] }];
}

function completeGroup({
  params,
  lr = 1e-3,
  betas = [0.9, 0.999],
  eps = 1e-8,
  weightDecay = 1e-2,
}: AdamWGroupOptions): AdamWGroup {
  expectOption("AdamW", "lr", lr, lr >= 0, "at least 0");
  expectOption("AdamW", "eps", eps, eps >= 0, "at least 0");
  expectOption("AdamW", "weightDecay", weightDecay, weightDecay >= 0, "at least 0");
  for (const beta of betas) expectOption("AdamW", "betas", beta, beta >= 0 && beta < 1, "from 0 and below 1");
  return { params: [...params], lr, initialLr: lr, betas, eps, weightDecay };
}
