import { FoveaError } from "../runtime/errors.ts";
import { formatShape, type Shape, sameShape } from "../tensor/shape.ts";
import type { Storage } from "../tensor/storage.ts";
import type { Recorded, Tensor } from "../tensor/tensor.ts";
import { runBackward } from "./backward.ts";
import type { BackwardMany, Grads } from "./tape.ts";

/** Where a gradient goes: on through the op that made the tensor, or to the leaf. */
export type Target = Output | Tensor;

/** A tensor that a node reads in its backward, and the share of memory that keeps it readable. */
interface Saved {
  readonly tensor: Tensor;
  readonly storage: Storage;
  readonly version: number;
}

let made = 0;

/** One op that was run. Alive as long as one of its output tensors is, or a node that needs its gradients passed on. */
export class TapeNode {
  /** Goes up with every node: a node's inputs have lower ones. */
  readonly order = made++;
  readonly outputs: Output[] = [];
  readonly shapes: readonly (Shape | null)[];
  /** Per input; null where no gradient is wanted. Empty once used. */
  targets: readonly (Target | null)[];
  #saved: readonly Saved[];
  #backward: BackwardMany | null;
  #owners = 0;

  constructor(inputs: readonly (Tensor | null)[], saved: readonly Tensor[], backward: BackwardMany) {
    this.shapes = inputs.map((input) => input?.shape ?? null);
    this.targets = inputs.map((input) => (input?.requiresGrad ? ((input.recorded as Output | null) ?? input.leaf) : null));
    for (const target of this.targets) if (target instanceof Output) target.retain();
    this.#saved = saved.map((tensor) => ({ tensor, storage: tensor.storage.retain(), version: tensor.storage.version }));
    this.#backward = backward;
  }

  addOutput(shape: Shape): Output {
    this.#owners += 1;
    const output = new Output(this, shape);
    this.outputs.push(output);
    return output;
  }

  get used(): boolean {
    return this.#backward === null;
  }

  retain(): void {
    this.#owners += 1;
  }

  /** With its last owner gone a node lets go of all it holds; so may those behind it, however many: a loop, not a recursion. */
  release(): void {
    const waiting: TapeNode[] = [this];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      node.#owners -= 1;
      if (node.#owners === 0) waiting.push(...node.#letGo());
    }
  }

  /** Throws `GRAD` if a saved tensor no longer has the values that were saved. */
  expectUnchanged(): void {
    for (const { tensor, storage, version } of this.#saved) {
      if (storage.version === version) continue;
      const rule = "values that the gradient needs were changed after they were used";
      throw new FoveaError(
        "GRAD",
        `backward: ${rule}, in tensor ${formatShape(tensor.shape)}; call backward() before the optimizer's step`,
      );
    }
  }

  /** Runs the backward function, the saved tensors readable. */
  run(dOuts: readonly (Tensor | null)[], grads: Grads): readonly (Tensor | null)[] {
    for (const { tensor } of this.#saved) tensor.lend(1);
    try {
      return this.#backward!(dOuts, grads);
    } finally {
      for (const { tensor } of this.#saved) tensor.lend(-1);
    }
  }

  /** To be called once it has been run: what it held is not needed again. */
  use(): void {
    for (const node of this.#letGo()) node.release();
  }

  /** Frees what was saved; gives the nodes whose owner this one no longer is. */
  #letGo(): TapeNode[] {
    for (const { storage } of this.#saved) storage.release();
    const behind = this.targets.flatMap((target) => (target instanceof Output ? [target.node] : []));
    this.#saved = [];
    this.targets = [];
    this.#backward = null;
    return behind;
  }
}

/** One output of a node, as the tensors know it: the tensor itself, its reshapes, and the nodes computed from them. */
export class Output implements Recorded {
  readonly node: TapeNode;
  readonly shape: Shape;

  constructor(node: TapeNode, shape: Shape) {
    this.node = node;
    this.shape = shape;
  }

  retain(): void {
    this.node.retain();
  }

  release(): void {
    this.node.release();
  }

  backward(from: Tensor, seed: Tensor | undefined): void {
    if (!seed && from.length !== 1) {
      throw new FoveaError(
        "GRAD",
        `backward: without a seed the tensor must have one element, got ${formatShape(from.shape)}; pass a gradient`,
      );
    }
    if (seed && !sameShape(seed.shape, from.shape)) {
      throw new FoveaError("GRAD", `backward: seed must be ${formatShape(from.shape)}, got ${formatShape(seed.shape)}`);
    }
    runBackward(this, { seed });
  }
}
