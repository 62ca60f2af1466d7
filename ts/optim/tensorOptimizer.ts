import { zeros } from "../tensor/create.ts";
import { keepAlive } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { slice, type Tensor } from "../tensor/tensor.ts";
import { type Group, GroupedOptimizer, type Kind, type Parameters } from "./groupedOptimizer.ts";

/** A parameter, its gradient, and what is remembered of it. */
export interface Piece<Name extends string> {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly state: ReadonlyMap<Name, Tensor>;
}

/** An optimizer for which a parameter's shape matters: it moves them one by one. */
export abstract class TensorOptimizer<Options extends { lr: number }, Name extends string> extends GroupedOptimizer<Options> {
  /** Of each parameter. */
  readonly #state: readonly ReadonlyMap<Name, Tensor>[];

  /** `shapes`: of what is remembered of a parameter of a shape, by PyTorch's names. */
  protected constructor(
    kind: Kind<Options>,
    params: Parameters<Options>,
    options: Partial<Options>,
    shapes: (shape: Shape) => readonly [name: Name, shape: Shape][],
  ) {
    super(kind, params, options);
    this.#state = this.flat.parameters.map(
      (parameter) => new Map(shapes(parameter.shape).map(([name, shape]) => [name, keepAlive(zeros(shape))])),
    );
  }

  /** `step` counts from 1. */
  protected abstract move(piece: Piece<Name>, group: Group<Options>, step: number): void;

  protected stepGroup(group: Group<Options>, first: number, end: number, step: number): void {
    for (let i = first; i < end; i += 1) {
      const { shape, length, requiresGrad } = this.flat.parameters[i]!;
      if (!requiresGrad || length === 0) continue;
      const part = (whole: Tensor) => slice(whole, this.flat.starts[i]!, shape);
      this.move({ param: part(this.flat.values), grad: part(this.flat.gradients), state: this.#state[i]! }, group, step);
    }
  }

  protected stateTensors(): [string, Tensor][] {
    return this.#state.flatMap((state, i) =>
      [...state].map(([name, tensor]): [string, Tensor] => [`${i}.${name}`, tensor.detach()]),
    );
  }

  protected freeState(): void {
    for (const state of this.#state) for (const tensor of state.values()) tensor.dispose();
  }
}
