import { Tensor } from "../tensor/tensor.ts";
import { behind, copyOf, ownsAll, sum } from "./backward.ts";
import type { Output, TapeNode, Target } from "./node.ts";

/** The targets that a pass is about, if not all leaves: theirs are the only gradients that are computed, and no leaf's `grad` is touched. */
export class Wanted {
  /** The gradients, once the pass is over; nothing else sees their memory. */
  readonly found = new Map<Target, Tensor>();
  readonly #targets: ReadonlySet<Target>;
  readonly #reached: Set<Target>;
  /** The nodes that a wanted target lies behind. */
  readonly #onTheWay = new Set<TapeNode>();

  constructor(root: Output, targets: ReadonlySet<Target>) {
    this.#targets = targets;
    this.#reached = new Set([root]);
    for (const node of behind(root.node).reverse()) {
      for (const target of node.targets) if (target && targets.has(target)) this.#reached.add(target);
      if (node.targets.some((target) => target && this.wants(target))) this.#onTheWay.add(node);
    }
  }

  /** Whether the root was computed from `target`. */
  reaches(target: Target): boolean {
    return this.#reached.has(target);
  }

  wants(target: Target): boolean {
    return this.#targets.has(target) || (!(target instanceof Tensor) && this.#onTheWay.has(target.node));
  }

  leadsOnFrom(node: TapeNode): boolean {
    return this.#onTheWay.has(node);
  }

  /** Takes over a gradient of a leaf. */
  add(leaf: Tensor, gradient: Tensor): void {
    this.found.set(leaf, sum(this.found.get(leaf), gradient));
  }

  /** Copies the gradient of an output, if it is wanted. */
  visit(output: Output, dOut: Tensor): void {
    if (this.#targets.has(output)) this.found.set(output, copyOf(dOut));
  }

  /** Copies what shares its memory with other tensors. */
  finish(): void {
    for (const [target, gradient] of this.found) if (!ownsAll(gradient)) this.found.set(target, copyOf(gradient));
  }
}
