import type { Tensor } from "../tensor/tensor.ts";
import type { Dropout } from "./dropout.ts";
import type { Linear } from "./linear.ts";

export type FeedForwardActivation = "relu" | "gelu";

/** What the Transformer layers have of it: as PyTorch's, they own its parts, so that the state-dict keys are theirs. */
export interface FeedForward {
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly activation: FeedForwardActivation;
}

/** `linear2(dropout(activation(linear1(x))))`, `x [..., dModel]`, out the same. */
export function feedForward(x: Tensor, { linear1, dropout, linear2, activation }: FeedForward): Tensor {
  return linear2.forward(dropout.forward(linear1.forward(x, { activation })));
}
