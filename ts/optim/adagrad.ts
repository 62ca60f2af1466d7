import * as kernels from "../runtime/kernels.gen.ts";
import { descend } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  /** How fast the rate falls besides: `lr / (1 + (step − 1) · lrDecay)`. */
  lrDecay: number;
  weightDecay: number;
  /** What the sum of squares begins at. */
  initialAccumulatorValue: number;
  eps: number;
  maximize: boolean;
}

export type AdagradOptions = Partial<Options>;

/** Divides by the root of all squared gradients so far (Duchi, Hazan and Singer 2011), PyTorch's defaults. */
export class Adagrad extends VectorOptimizer<Options, "sum"> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: AdagradOptions = {}) {
    super(kind, params, options, () => ["sum"]);
    this.groups.forEach(({ initialAccumulatorValue: value }, i) => {
      for (const { param, grad, state } of this.stretches(...this.range(i))) {
        kernels.fill({ out: state.sum, n: state.sum.length, value });
        for (const part of [param, grad, state.sum]) part.dispose();
      }
    });
  }

  protected move({ param, grad, state }: Stretch<"sum">, group: Group<Options>, step: number): void {
    const { lr, lrDecay, weightDecay: l2, eps, maximize } = group;
    const rate = lr / (1 + (step - 1) * lrDecay);
    descend({ param, grad, v: state.sum }, { rate, l2, maximize, eps, keepV: 1, gainV: 1 });
  }
}

const kind: Kind<Options> = {
  name: "Adagrad",
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
  check(options) {
    expectNotNegative("Adagrad", options, "lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps");
  },
};
