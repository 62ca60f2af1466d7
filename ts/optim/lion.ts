import { descend, meanOf } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectShares } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  /** How much of the mean is kept in the direction of a step, and in the mean itself. */
  betas: readonly [number, number];
  weightDecay: number;
  maximize: boolean;
}

export type LionOptions = Partial<Options>;

/**
 * Steps of one size: the sign of a mean of gradients, with decoupled weight decay (Chen et al. 2023). Wants a rate of a third to a tenth
 * of AdamW's, and as much more weight decay. Remembers half as much.
 */
export class Lion extends VectorOptimizer<Options, "exp_avg"> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: LionOptions = {}) {
    super(kind, params, options, () => ["exp_avg"]);
  }

  protected move({ param, grad, state }: Stretch<"exp_avg">, group: Group<Options>): void {
    const { lr, betas, weightDecay, maximize } = group;
    const [towards, mean] = [meanOf(betas[0]), meanOf(betas[1])];
    descend(
      { param, grad, m: state.exp_avg },
      {
        ...{ rate: lr, decay: lr * weightDecay, maximize, signed: true },
        ...{ fromM: towards.keep, fromGrad: towards.gain, keepM: mean.keep, gainM: mean.gain },
      },
    );
  }
}

const kind: Kind<Options> = {
  name: "Lion",
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false },
  check(options) {
    expectNotNegative("Lion", options, "lr", "weightDecay");
    expectShares("Lion", "betas", ...options.betas);
  },
};
