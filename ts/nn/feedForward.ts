import { silu } from "../ops/activations.ts";
import { swiglu } from "../ops/glu.ts";
import { multiply } from "../ops/multiply.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

const ACTIVATIONS = ["relu", "gelu", "geluTanh", "silu", "swiglu"] as const;

/** With `"swiglu"`, `linear1` is twice as wide: the first half of what it gives is the gate of the second (Shazeer 2020). */
export type FeedForwardActivation = (typeof ACTIVATIONS)[number];

/** What the Transformer layers have of it: as PyTorch's, they own its parts, so that the state-dict keys are theirs. */
export interface FeedForward {
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly activation: FeedForwardActivation;
}

export interface FeedForwardOptions {
  dimFeedforward: number;
  activation: FeedForwardActivation;
  bias: boolean;
}

/** Its two linear layers. Throws `RANGE` for an activation that is none of them. */
export function feedForwardLayers(
  op: string,
  dModel: number,
  { dimFeedforward, activation, bias }: FeedForwardOptions,
): { linear1: Linear; linear2: Linear } {
  if (!ACTIVATIONS.includes(activation))
    throw new FoveaError(
      "RANGE",
      `${op}: activation must be one of ${ACTIVATIONS.join(", ")}, got ${JSON.stringify(activation)}`,
    );
  const width = activation === "swiglu" ? 2 * dimFeedforward : dimFeedforward;
  return { linear1: new Linear(dModel, width, { bias }), linear2: new Linear(dimFeedforward, dModel, { bias }) };
}

/** `linear2(dropout(activation(linear1(x))))`, `x [..., dModel]`, out the same. */
export function feedForward(x: Tensor, { linear1, dropout, linear2, activation }: FeedForward): Tensor {
  return linear2.forward(dropout.forward(activated(x, linear1, activation)));
}

function activated(x: Tensor, linear1: Linear, activation: FeedForwardActivation): Tensor {
  if (activation === "silu") return silu(linear1.forward(x));
  if (activation === "swiglu") return swiglu(linear1.forward(x));
  return linear1.forward(x, { activation });
}

/**
 * `downProj(silu(gateProj(x)) · upProj(x))` (Shazeer 2020), with Llama's names: `x [..., dModel]`, out the same.
 */
export class SwiGLU extends Module {
  /** `[hiddenDim, dModel]` */
  readonly gateProj: Linear;
  readonly upProj: Linear;
  /** `[dModel, hiddenDim]` */
  readonly downProj: Linear;

  constructor(dModel: number, hiddenDim: number, { bias = false }: { bias?: boolean } = {}) {
    super();
    this.gateProj = new Linear(dModel, hiddenDim, { bias });
    this.upProj = new Linear(dModel, hiddenDim, { bias });
    this.downProj = new Linear(hiddenDim, dModel, { bias });
  }

  forward(x: Tensor): Tensor {
    return scope(() => this.downProj.forward(multiply(silu(this.gateProj.forward(x)), this.upProj.forward(x))));
  }
}
