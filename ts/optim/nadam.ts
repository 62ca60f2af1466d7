import { descend, filled, meanOf } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectShares } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** How fast the momentum rises to the first beta. */
  momentumDecay: number;
  decoupledWeightDecay: boolean;
  maximize: boolean;
  /** The product of all momenta so far: state, 1 at the start. */
  muProduct: number;
}

type Moments = "exp_avg" | "exp_avg_sq";

export type NAdamOptions = Partial<Omit<Options, "muProduct">>;

/** Adam with Nesterov's look ahead (Dozat 2016), PyTorch's defaults. */
export class NAdam extends VectorOptimizer<Options, Moments> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Omit<Options, "muProduct">>, options: NAdamOptions = {}) {
    super(kind, params, options, () => ["exp_avg", "exp_avg_sq"]);
  }

  protected override stepGroup(group: Group<Options>, first: number, end: number, step: number): void {
    group.muProduct *= momentumAt(group, step);
    super.stepGroup(group, first, end, step);
  }

  protected move({ param, grad, state }: Stretch<Moments>, group: Group<Options>, step: number): void {
    const { lr, betas, eps, weightDecay, decoupledWeightDecay, maximize, muProduct } = group;
    const [first, second] = [meanOf(betas[0]), meanOf(betas[1])];
    const next = momentumAt(group, step + 1);
    const fromMean = next / (1 - muProduct * next);
    const fromGrad = (1 - momentumAt(group, step)) / (1 - muProduct);
    descend(
      { param, grad, m: state.exp_avg, v: state.exp_avg_sq },
      {
        ...(decoupledWeightDecay ? { decay: lr * weightDecay } : { l2: weightDecay }),
        // The mean after this step, in terms of the one before.
        ...{ rate: lr, maximize, eps, fromM: fromMean * first.keep, fromGrad: fromGrad + fromMean * first.gain },
        ...{ keepM: first.keep, gainM: first.gain, keepV: second.keep, gainV: second.gain, scaleV: 1 / filled(betas[1], step) },
      },
    );
  }
}

const momentumAt = ({ betas, momentumDecay }: Options, step: number): number =>
  betas[0] * (1 - 0.5 * 0.96 ** (step * momentumDecay));

const kind: Kind<Options> = {
  name: "NAdam",
  defaults: {
    ...{ lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 },
    ...{ decoupledWeightDecay: false, maximize: false, muProduct: 1 },
  },
  check(options) {
    expectNotNegative("NAdam", options, "lr", "eps", "weightDecay", "momentumDecay");
    expectShares("NAdam", "betas", ...options.betas);
  },
};
