import { zeros } from "../tensor/create.ts";
import { keepAlive } from "../tensor/scope.ts";
import { slice, type Tensor } from "../tensor/tensor.ts";
import { type Group, GroupedOptimizer, type Kind, type Parameters, recordOf } from "./groupedOptimizer.ts";

/** Parameters that lie side by side, their gradients, and what is remembered of each element. */
export interface Stretch<Name extends string> {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly state: Readonly<Record<Name, Tensor>>;
}

/** An optimizer that treats elements alike: it remembers vectors as long as all parameters together, and a step is a kernel call or two. */
export abstract class VectorOptimizer<Options extends { lr: number }, Name extends string> extends GroupedOptimizer<Options> {
  readonly #names: readonly Name[];
  readonly #vectors: Readonly<Record<Name, Tensor>>;

  /** `names`: of the vectors, PyTorch's. */
  protected constructor(
    kind: Kind<Options>,
    params: Parameters<Options>,
    options: Partial<Options>,
    names: (groups: readonly Options[]) => readonly Name[],
  ) {
    super(kind, params, options);
    this.#names = names(this.groups);
    this.#vectors = recordOf(this.#names, () => keepAlive(zeros(this.flat.values.shape)));
  }

  /** `step` counts from 1. */
  protected abstract move(stretch: Stretch<Name>, group: Group<Options>, step: number): void;

  protected stepGroup(group: Group<Options>, first: number, end: number, step: number): void {
    for (const stretch of this.stretches(first, end)) this.move(stretch, group, step);
  }

  protected stretches(first: number, end: number): Stretch<Name>[] {
    return this.flat
      .stretches(first, end)
      .filter(([start, end]) => end > start)
      .map(([start, end]) => {
        const part = (whole: Tensor) => slice(whole, start, [end - start]);
        const state = recordOf(this.#names, (name) => part(this.#vectors[name]));
        return { param: part(this.flat.values), grad: part(this.flat.gradients), state };
      });
  }

  protected stateTensors(): [string, Tensor][] {
    return this.flat.parameters.flatMap(({ shape }, i) =>
      this.#names.map((name): [string, Tensor] => [`${i}.${name}`, slice(this.#vectors[name], this.flat.starts[i]!, shape)]),
    );
  }

  protected freeState(): void {
    for (const name of this.#names) this.#vectors[name].dispose();
  }
}
