import { descend } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectOption } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  /** How much of the direction so far is kept. */
  momentum: number;
  /** How much less than all of a new gradient joins it, but for the first. */
  dampening: number;
  /** Added to the gradient, times the parameter. */
  weightDecay: number;
  /** Look ahead: step where the momentum will be (Nesterov 1983). */
  nesterov: boolean;
  maximize: boolean;
}

export type SGDOptions = Partial<Options>;

/** Stochastic gradient descent, with momentum as in Sutskever et al. 2013; PyTorch's defaults. */
export class SGD extends VectorOptimizer<Options, "momentum_buffer"> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: SGDOptions = {}) {
    super(kind, params, options, (groups) => (groups.some(({ momentum }) => momentum > 0) ? ["momentum_buffer"] : []));
  }

  protected move({ param, grad, state }: Stretch<"momentum_buffer">, group: Group<Options>, step: number): void {
    const { lr: rate, momentum, dampening, weightDecay: l2, nesterov, maximize } = group;
    if (momentum === 0) {
      descend({ param, grad }, { rate, l2, maximize });
      return;
    }
    const gainM = step === 1 ? 1 : 1 - dampening;
    const ahead = nesterov ? { fromM: momentum ** 2, fromGrad: 1 + momentum * gainM } : { fromM: momentum, fromGrad: gainM };
    descend({ param, grad, m: state.momentum_buffer }, { rate, l2, maximize, keepM: momentum, gainM, ...ahead });
  }
}

const kind: Kind<Options> = {
  name: "SGD",
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  check(options) {
    expectNotNegative("SGD", options, "lr", "momentum", "weightDecay");
    const { nesterov, momentum, dampening } = options;
    if (nesterov) {
      expectOption("SGD", "momentum", momentum, momentum > 0, "above 0 with nesterov");
      expectOption("SGD", "dampening", dampening, dampening === 0, "0 with nesterov");
    }
  },
};
