// The tape. It is not a list: each op that must be undone hangs a node on the tensor it made, and the node holds the nodes of its
// inputs, so a graph that nobody needs any more goes with its last tensor, and its saved tensors go with it.

import { gradEnabled } from "../tensor/gradMode.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TapeNode } from "./node.ts";

/** What a backward function may ask about the gradients it is to give. */
export interface Grads {
  /** Whether anybody needs the gradient of input `i`; where not, give null and save the work. */
  wants(i: number): boolean;
  /**
   * Where to write the gradient of input `i`, every element of it: a new tensor of that input's shape, or, for a leaf that has no
   * gradient yet, the very place where its `grad` lives. Ask once, and only if the gradient is then given.
   */
  empty(i: number): Tensor;
  /** Whether the pass is for chosen tensors alone, as `grad` makes it: the `grad` of every other leaf is to be left as it is. */
  readonly chosenOnly: boolean;
}

/** From the gradient of an op's output, those of its inputs, in order: null where there is none (or nobody wants it). */
export type Backward = (dOut: Tensor, grads: Grads) => readonly (Tensor | null)[];

/** The same for an op of several outputs; null for an output that nothing was computed from. At least one is there. */
export type BackwardMany = (dOuts: readonly (Tensor | null)[], grads: Grads) => readonly (Tensor | null)[];

/**
 * Records that `out` was computed from `inputs` and gives it back. `saved` are all the tensors `backward` reads, in- and outputs
 * alike: they stay readable for it even if their owner frees them first. Records nothing if no input requires a gradient, or inside `noGrad`.
 * `backward` runs kernels that write; adding up is the tape's work. What it makes and does not give is freed.
 */
export function record(out: Tensor, inputs: readonly (Tensor | null)[], saved: readonly Tensor[], backward: Backward): Tensor {
  recordMany([out], inputs, saved, ([dOut], grads) => backward(dOut!, grads));
  return out;
}

/** `record` for an op with several outputs. */
export function recordMany(
  outs: readonly Tensor[],
  inputs: readonly (Tensor | null)[],
  saved: readonly Tensor[],
  backward: BackwardMany,
): void {
  if (!gradEnabled() || !inputs.some((input) => input?.requiresGrad)) return;
  const node = new TapeNode(inputs, saved, backward);
  for (const out of outs) out.recorded = node.addOutput(out.shape);
}
