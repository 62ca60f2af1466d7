import { zeros } from "../tensor/create.ts";
import { gradEnabled, noGrad, withGrad } from "../tensor/gradMode.ts";
import { rngState, setRngState } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { runBackward } from "./backward.ts";
import type { Output } from "./node.ts";
import { type Grads, record } from "./tape.ts";
import { Wanted } from "./wanted.ts";

/**
 * `fn(...inputs)`, of which nothing is kept for the backward pass but the inputs: `fn` is run again then (Chen et al. 2016). Memory falls
 * from what all of it saves to what one such part saves; the time of a forward pass is added. Values and gradients keep their bits,
 * as random numbers, dropout's too, are drawn again as they were.
 *
 *     for (const layer of encoder.layers) x = checkpoint((x) => layer.forward(x), x);
 *
 * What `fn` reads and is to have a gradient is an input or a parameter. `fn` must do the same both times: nothing that changes a
 * cache or counts its calls.
 */
export function checkpoint<I extends readonly Tensor[]>(fn: (...inputs: I) => Tensor, ...inputs: I): Tensor {
  if (!gradEnabled()) return fn(...inputs);
  const before = rngState();
  const wanted = inputs.map(({ requiresGrad }) => requiresGrad);
  let out = scope(() => noGrad(() => fn(...inputs)));
  if (out.requiresGrad || inputs.includes(out)) out = out.detach();
  // What asks for gradients may be parameters alone, which are not seen here: this does, and gets none.
  using anchor = zeros([], { requiresGrad: true });
  return record(out, [...inputs, anchor], inputs, (dOut, grads) => [...again(fn, inputs, wanted, before, dOut, grads), null]);
}

function again<I extends readonly Tensor[]>(
  fn: (...inputs: I) => Tensor,
  inputs: I,
  wanted: readonly boolean[],
  before: ReturnType<typeof rngState>,
  dOut: Tensor,
  grads: Grads,
): (Tensor | null)[] {
  const after = rngState();
  setRngState(before);
  try {
    const leaves = inputs.map((input, i) => {
      const leaf = input.detach();
      leaf.requiresGrad = wanted[i]! && grads.wants(i);
      return leaf;
    });
    // As many as `I` has, and of its tensors.
    const out = withGrad(() => fn(...(leaves as unknown as I)));
    if (out.recorded && grads.chosenOnly) return chosen(out.recorded as Output, leaves, dOut);
    if (out.recorded) out.backward(dOut);
    const same = out.recorded ? null : out.leaf; // an input given back as it is
    return leaves.map((leaf) => (leaf === same ? dOut.reshape(leaf.shape) : leaf.grad));
  } finally {
    setRngState(after);
  }
}

/** Gradients of the leaves alone: parameters are left as they are. */
function chosen(root: Output, leaves: readonly Tensor[], seed: Tensor): (Tensor | null)[] {
  const only = new Wanted(root, new Set(leaves.filter(({ requiresGrad }) => requiresGrad)));
  runBackward(root, { seed, only });
  return leaves.map((leaf) => only.found.get(leaf) ?? null);
}
