import { descend, filled, meanOf } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectShares } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  decoupledWeightDecay: boolean;
  maximize: boolean;
}

type Moments = "exp_avg" | "exp_avg_sq";

export type RAdamOptions = Partial<Options>;

/**
 * Rectified Adam (Liu et al. 2020): while too few squares have been seen for their mean to be trusted, it steps along the mean gradient
 * alone. PyTorch's defaults.
 */
export class RAdam extends VectorOptimizer<Options, Moments> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: RAdamOptions = {}) {
    super(kind, params, options, () => ["exp_avg", "exp_avg_sq"]);
  }

  protected move({ param, grad, state }: Stretch<Moments>, group: Group<Options>, step: number): void {
    const { lr, betas, eps, weightDecay, decoupledWeightDecay, maximize } = group;
    const [first, second] = [meanOf(betas[0]), meanOf(betas[1])];
    const trust = rectification(second.keep, step);
    const rate = lr / filled(betas[0], step);
    // Without trust v is kept up to date, and divides by 1.
    const adapted = trust === null ? { rate, scaleV: 0, eps: 1 } : { rate: rate * trust, scaleV: 1, eps };
    descend(
      { param, grad, m: state.exp_avg, v: state.exp_avg_sq },
      {
        ...(decoupledWeightDecay ? { decay: lr * weightDecay } : { l2: weightDecay }),
        ...{ maximize, ...adapted, fromM: first.keep, fromGrad: first.gain, keepM: first.keep, gainM: first.gain },
        ...{ keepV: second.keep, gainV: second.gain },
      },
    );
  }
}

/** What the step is multiplied by, the mean of squares' own correction included; null while its variance is unknown. */
function rectification(beta2: number, step: number): number | null {
  const most = 2 / (1 - beta2) - 1;
  const kept = beta2 ** step;
  const length = most - (2 * step * kept) / (1 - kept);
  if (length <= 5) return null;
  const variance = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
  return Math.sqrt(variance * (1 - kept));
}

const kind: Kind<Options> = {
  name: "RAdam",
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, decoupledWeightDecay: false, maximize: false },
  check(options) {
    expectNotNegative("RAdam", options, "lr", "eps", "weightDecay");
    expectShares("RAdam", "betas", ...options.betas);
  },
};
