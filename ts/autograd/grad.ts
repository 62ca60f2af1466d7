import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { expectAlive, slice, type Tensor } from "../tensor/tensor.ts";
import { runBackward } from "./backward.ts";
import type { Output, Target } from "./node.ts";
import { Wanted } from "./wanted.ts";

export interface GradOptions {
  /** The gradient with respect to `output` itself. May be left out if that has one element. */
  seed?: Tensor | undefined;
  /** Keep what the forward pass saved, so that `backward` or `grad` can go through it again. */
  retainGraph?: boolean | undefined;
}

/**
 * The gradients of `output` with respect to `inputs`, each of its input's shape. Unlike `backward` it adds to no tensor's `grad`, and computes
 * nothing for those that are not asked for: a model's parameters are left as they are. An input is a leaf with `requiresGrad`, or what ops
 * computed from one; what a `checkpoint` hides, parameters that only its function knows, can't be asked for. Throws `GRAD` for one that `output`
 * was not computed from, `DISPOSED`.
 *
 *     const [dx] = grad(sum(model.forward(x)), [x]);
 */
export function grad<const I extends readonly Tensor[]>(
  output: Tensor,
  inputs: I,
  options: GradOptions = {},
): { [K in keyof I]: Tensor } {
  const { seed, retainGraph } = options;
  for (const tensor of [output, ...inputs]) expectAlive("grad", tensor);
  const root = output.recorded as Output | null;
  if (!root)
    throw new FoveaError(
      "GRAD",
      `grad: output must have been computed from a tensor that requires a gradient, got ${formatShape(output.shape)} that was not`,
    );
  expectSeed(output, seed);
  const targets = inputs.map((input): Target => (input.recorded as Output | null) ?? input.leaf);
  const only = new Wanted(root, new Set(targets));
  targets.forEach((target, i) => {
    if (!only.reaches(target)) refuseUnused(inputs[i]!, i);
  });
  runBackward(root, { seed, only, retainGraph });
  const gradients = inputs.map(({ shape }, i) => {
    const found = only.found.get(targets[i]!);
    return found ? slice(found, 0, shape) : zeros(shape); // all ops on the way gave null
  });
  for (const found of only.found.values()) found.dispose();
  return gradients as { [K in keyof I]: Tensor };
}

function expectSeed(output: Tensor, seed: Tensor | undefined): void {
  if (seed ? sameShape(seed.shape, output.shape) : output.length === 1) return;
  const got = seed ? ` for a seed ${formatShape(seed.shape)}` : "";
  const rule = seed ? "seed must have output's shape" : "without a seed output must have one element";
  throw new FoveaError("GRAD", `grad: ${rule}, got ${formatShape(output.shape)}${got}`);
}

function refuseUnused(input: Tensor, i: number): never {
  const rule = "each input must require a gradient and output be computed from it";
  throw new FoveaError("GRAD", `grad: ${rule}, got input ${i} ${formatShape(input.shape)} of which it was not`);
}
