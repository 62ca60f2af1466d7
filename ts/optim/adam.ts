import { descend, filled, meanOf } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectShares } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  /** How much of the mean of gradients, and of their squares, is kept. */
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** Divide by the largest mean of squares so far (Reddi, Kale and Kumar 2018). */
  amsgrad: boolean;
  maximize: boolean;
  /** Take the decay from the parameter, not through the gradient: then it is AdamW. */
  decoupledWeightDecay: boolean;
}

type Moments = "exp_avg" | "exp_avg_sq" | "max_exp_avg_sq";

export type AdamOptions = Partial<Options>;

/** Adam (Kingma and Ba 2015), PyTorch's defaults. */
export class Adam extends VectorOptimizer<Options, Moments> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: AdamOptions = {}) {
    super(adam, params, options, momentsOf);
  }

  protected move(stretch: Stretch<Moments>, group: Group<Options>, step: number): void {
    moveAdam(stretch, group, step);
  }
}

export type AdamWOptions = Omit<AdamOptions, "decoupledWeightDecay">;

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), PyTorch's defaults. */
export class AdamW extends VectorOptimizer<Options, Moments> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Omit<Options, "decoupledWeightDecay">>, options: AdamWOptions = {}) {
    super(adamW, params, options, momentsOf);
  }

  protected move(stretch: Stretch<Moments>, group: Group<Options>, step: number): void {
    moveAdam(stretch, group, step);
  }
}

function moveAdam({ param, grad, state }: Stretch<Moments>, group: Group<Options>, step: number): void {
  const { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay } = group;
  const [first, second] = betas.map(meanOf) as [ReturnType<typeof meanOf>, ReturnType<typeof meanOf>];
  const decay = decoupledWeightDecay ? { decay: lr * weightDecay } : { l2: weightDecay };
  const peak = amsgrad ? state.max_exp_avg_sq : undefined;
  descend(
    { param, grad, m: state.exp_avg, v: state.exp_avg_sq, peak },
    {
      ...{ ...decay, maximize, eps, rate: lr / filled(betas[0], step), scaleV: 1 / filled(betas[1], step) },
      ...{ fromM: first.keep, fromGrad: first.gain, keepM: first.keep, gainM: first.gain },
      ...{ keepV: second.keep, gainV: second.gain },
    },
  );
}

const momentsOf = (groups: readonly Options[]): readonly Moments[] =>
  groups.some(({ amsgrad }) => amsgrad) ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"];

const kindNamed = (name: string, own: Pick<Options, "weightDecay" | "decoupledWeightDecay">): Kind<Options> => ({
  name,
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, amsgrad: false, maximize: false, ...own },
  check(options) {
    expectNotNegative(name, options, "lr", "eps", "weightDecay");
    expectShares(name, "betas", ...options.betas);
  },
});

const adam = kindNamed("Adam", { weightDecay: 0, decoupledWeightDecay: false });
const adamW = kindNamed("AdamW", { weightDecay: 1e-2, decoupledWeightDecay: true });
