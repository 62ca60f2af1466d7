import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { descend, meanOf } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { expectNotNegative, expectOption } from "./optimizer.ts";
import { type Stretch, VectorOptimizer } from "./vectorOptimizer.ts";

interface Options {
  lr: number;
  /** How much of the mean of squares is kept. */
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  /** Divide by the deviation from the mean gradient instead. */
  centered: boolean;
  maximize: boolean;
}

type Name = "square_avg" | "grad_avg" | "momentum_buffer";

export type RMSpropOptions = Partial<Options>;

/** Divides by the root of a mean of squared gradients (Hinton's lecture 6e, 2012; centered: Graves 2013), PyTorch's defaults. */
export class RMSprop extends VectorOptimizer<Options, Name> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: RMSpropOptions = {}) {
    super(kind, params, options, namesOf);
  }

  protected move({ param, grad, state }: Stretch<Name>, group: Group<Options>): void {
    const { lr, alpha, eps, weightDecay: l2, momentum, centered, maximize } = group;
    const { keep, gain } = meanOf(alpha);
    const moments = { v: state.square_avg, m: centered ? state.grad_avg : undefined };
    const means = { eps, keepV: keep, gainV: gain, keepM: keep, gainM: gain, center: centered ? 1 : 0 };
    if (momentum === 0) {
      descend({ param, grad, ...moments }, { rate: lr, l2, maximize, ...means });
      return;
    }
    // The buffer takes the step first, then the parameters that of the buffer.
    const direction = state.momentum_buffer;
    descend(
      { param: direction, grad: decayed(grad, param, l2, maximize), ...moments },
      { ...means, decay: 1 - momentum, rate: -1 },
    );
    descend({ param, grad: direction }, { rate: lr });
  }
}

/** `±grad + l2 · param` in memory of its own, or `grad` if that is the same. */
function decayed(grad: Tensor, param: Tensor, l2: number, maximize: boolean): Tensor {
  if (l2 === 0 && !maximize) return grad;
  const out = empty(grad.shape);
  kernels.scale({ x: grad, out, n: grad.length, factor: maximize ? -1 : 1 });
  descend({ param: out, grad: param }, { rate: -l2 });
  return out;
}

function namesOf(groups: readonly Options[]): readonly Name[] {
  const names: Name[] = ["square_avg"];
  if (groups.some(({ centered }) => centered)) names.push("grad_avg");
  if (groups.some(({ momentum }) => momentum > 0)) names.push("momentum_buffer");
  return names;
}

const kind: Kind<Options> = {
  name: "RMSprop",
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, maximize: false },
  check(options) {
    expectNotNegative("RMSprop", options, "lr", "eps", "weightDecay", "momentum");
    expectOption("RMSprop", "alpha", options.alpha, options.alpha >= 0 && options.alpha <= 1, "from 0 to 1");
  },
};
