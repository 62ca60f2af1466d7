// The backward pass: nodes from the newest to the oldest, so that each has its whole gradient before it passes it on. A gradient
// is freed as soon as the node it arrived at has used it. A kernel writes a gradient; where two meet, they are added here.

import { BYTES } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { enter, leave, Scope } from "../tensor/scope.ts";
import { formatShape, type Shape, sameShape } from "../tensor/shape.ts";
import { empty, gradSlotOf, slice, Tensor } from "../tensor/tensor.ts";
import type { Output, TapeNode, Target } from "./node.ts";
import type { Grads } from "./tape.ts";
import type { Wanted } from "./wanted.ts";

/** Gradients on their way, one per output that has not been reached yet. Like all that the pass makes they belong to its scope. */
type Pending = Map<Output, Tensor>;

export interface PassOptions {
  seed?: Tensor | undefined;
  /** Left out: all leaves, into their `grad`. */
  only?: Wanted | undefined;
  /** Keeps what the forward pass saved, for another pass. */
  retainGraph?: boolean | undefined;
}

/** Throws `GRAD` before anything has changed. Should memory run out half-way, the leaves' gradients are incomplete: `zeroGrad` them. */
export function runBackward(root: Output, { seed, only, retainGraph = false }: PassOptions): void {
  const nodes = behind(root.node);
  for (const node of nodes) {
    if (node.used) refuseUsed(root);
    node.expectUnchanged();
  }
  const pass = new Scope();
  for (const node of nodes) node.retain();
  try {
    noGrad(() =>
      pass.run(() => {
        const pending: Pending = new Map([[root, seed ? slice(seed, 0, root.shape) : one(root.shape)]]);
        for (const node of nodes) undo(node, pending, only, retainGraph);
        only?.finish();
      }),
    );
    pass.handOut([...(only?.found.values() ?? [])]);
  } finally {
    pass.end();
    for (const node of nodes) node.release();
  }
}

/** All nodes that `root` was computed through, newest first. */
export function behind(root: TapeNode): TapeNode[] {
  const found = new Set([root]);
  for (const node of found) for (const target of node.targets) if (target && !(target instanceof Tensor)) found.add(target.node);
  return [...found].sort((a, b) => b.order - a.order);
}

/** Takes the gradients of a node's outputs to its inputs. */
function undo(node: TapeNode, pending: Pending, only: Wanted | undefined, retainGraph: boolean): void {
  const dOuts = node.outputs.map((output) => pending.get(output) ?? null);
  if (dOuts.every((dOut) => dOut === null)) return;
  const arrived = only && !only.leadsOnFrom(node) ? [] : passedOn(node, dOuts, only);
  if (!retainGraph) node.use();
  for (const output of node.outputs) {
    const dOut = pending.get(output);
    pending.delete(output);
    if (dOut) only?.visit(output, dOut);
    dOut?.dispose();
  }
  for (const [target, gradient] of arrived) {
    if (!(target instanceof Tensor)) pending.set(target, sum(pending.get(target), gradient));
    else if (only) only.add(target, gradient);
    else addToLeaf(target, gradient);
  }
}

/** What a node's backward function gives, each with where it goes; what it has written into its place is not among it. */
function passedOn(node: TapeNode, dOuts: readonly (Tensor | null)[], only: Wanted | undefined): [Target, Tensor][] {
  const { targets } = node;
  const temporaries = new Scope();
  const arrived: [Target, Tensor][] = [];
  try {
    const claims = new Claims(node, only);
    const given = temporaries.run(() => node.run(dOuts, claims));
    expectGradients(node, given);
    given.forEach((gradient, i) => {
      const target = targets[i];
      if (gradient && target && claims.wants(i) && !claims.settle(i, gradient))
        arrived.push([target, own(gradient, temporaries, target.shape)]);
    });
  } finally {
    temporaries.end();
  }
  return arrived;
}

/** Hands out places for gradients, a leaf's own place at most once and only while nothing is in it. */
class Claims implements Grads {
  readonly #node: TapeNode;
  readonly #only: Wanted | undefined;
  readonly #claimed: { input: number; leaf: Tensor; place: Tensor }[] = [];

  constructor(node: TapeNode, only: Wanted | undefined) {
    this.#node = node;
    this.#only = only;
  }

  get chosenOnly(): boolean {
    return this.#only !== undefined;
  }

  wants(i: number): boolean {
    const target = this.#node.targets[i];
    if (this.#only) return Boolean(target && this.#only.wants(target));
    return target instanceof Tensor ? target.requiresGrad && target.alive : Boolean(target);
  }

  empty(i: number): Tensor {
    const leaf = this.#node.targets[i];
    const shape = this.#node.shapes[i];
    if (!shape) throw new FoveaError("GRAD", `backward: there is no input ${i} to write a gradient for`);
    if (this.#only || !(leaf instanceof Tensor) || leaf.grad || !this.wants(i) || this.#isClaimed(leaf)) return empty(shape);
    const slot = gradSlotOf(leaf);
    const place = sameShape(slot.shape, shape) ? slot : slice(slot, 0, shape);
    this.#claimed.push({ input: i, leaf, place });
    return place;
  }

  #isClaimed(leaf: Tensor): boolean {
    return this.#claimed.some((claim) => claim.leaf === leaf);
  }

  /** If `gradient` is the place claimed for input `i`, it is where it belongs. */
  settle(i: number, gradient: Tensor): boolean {
    const claim = this.#claimed.find(({ input }) => input === i);
    if (claim?.place !== gradient) return false;
    claim.leaf.gradWritten = true;
    return true;
  }
}

/** A tensor of `shape` that belongs to the pass: the gradient itself if the backward function made it, or else one that shares its memory. */
function own(gradient: Tensor, temporaries: Scope, shape: Shape): Tensor {
  if (!sameShape(gradient.shape, shape) || !temporaries.release(gradient)) return slice(gradient, 0, shape);
  enter(gradient);
  return gradient;
}

/** Both together, in the memory of one of them if nobody else sees it. Takes over both. */
export function sum(before: Tensor | undefined, gradient: Tensor): Tensor {
  if (!before) return gradient;
  if (!before.storage.shared) return accumulate(gradient, before);
  if (!gradient.storage.shared) return accumulate(before, gradient);
  const total = copyOf(before);
  before.dispose();
  return accumulate(gradient, total);
}

function addToLeaf(leaf: Tensor, gradient: Tensor): void {
  if (leaf.grad) {
    accumulate(gradient, leaf.grad);
    return;
  }
  if (ownsAll(gradient) && !leaf.gradSlot?.alive) {
    leave(gradient);
    leaf.gradSlot = gradient;
  } else {
    kernels.copy({ x: gradient, out: gradSlotOf(leaf), n: gradient.length });
    gradient.dispose();
  }
  leaf.gradWritten = true;
}

/** Whether it has its memory to itself, and all of it. */
export function ownsAll(x: Tensor): boolean {
  return !x.storage.shared && x.storage.bytes === x.length * BYTES.float32;
}

function accumulate(x: Tensor, total: Tensor): Tensor {
  kernels.accumulate({ x, sum: total, n: x.length });
  x.dispose();
  return total;
}

export function copyOf(x: Tensor): Tensor {
  const out = empty(x.shape);
  kernels.copy({ x, out, n: x.length });
  return out;
}

function one(shape: Shape): Tensor {
  const made = empty(shape);
  made.view().fill(1);
  return made;
}

/** Guards against a mistake in an op: one gradient per input, of its shape. */
function expectGradients(node: TapeNode, given: readonly (Tensor | null)[]): void {
  if (given.length !== node.shapes.length) {
    throw new FoveaError(
      "GRAD",
      `backward: an op must give one gradient per input, got ${given.length} for ${node.shapes.length}`,
    );
  }
  given.forEach((gradient, i) => {
    const shape = node.shapes[i];
    if (!gradient || (shape && gradient.dtype === "float32" && sameShape(gradient.shape, shape))) return;
    const rule = `the gradient of an op's input ${i} must be ${shape ? `float32 ${formatShape(shape)}` : "null"}`;
    throw new FoveaError("GRAD", `backward: ${rule}, got ${gradient.dtype} ${formatShape(gradient.shape)}`);
  });
}

function refuseUsed(root: Output): never {
  const rule = "what this tensor was computed through has been used by an earlier backward(), which freed what was saved";
  throw new FoveaError(
    "GRAD",
    `backward: ${rule}, in tensor ${formatShape(root.shape)}; compute it again, or add the losses and call it once`,
  );
}
