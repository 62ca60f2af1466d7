import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { zeros } from "../tensor/create.ts";
import { keepAlive } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { type Tensor, touch } from "../tensor/tensor.ts";
import { descend } from "./descend.ts";
import { expectOption } from "./optimizer.ts";

export interface EMAOptions {
  /** How much of the mean a step keeps. */
  decay?: number;
  /** Keep less in the beginning, `(1 + updates) / (10 + updates)`, so that the first values are soon forgotten. */
  warmup?: boolean;
}

export interface EMAState {
  readonly updates: number;
  /** `0` the mean of the first parameter; views. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * An exponential moving average of parameters, which often generalises better than the parameters of the last step (Polyak and
 * Juditsky 1992; Tarvainen and Valpola 2017): `mean = decay · mean + (1 − decay) · parameter`.
 */
export class EMA {
  readonly #parameters: readonly Tensor[];
  readonly #means: readonly Tensor[];
  readonly #decay: number;
  readonly #warmup: boolean;
  #updates = 0;

  /** Begins at the parameters' present values. Throws `RANGE`. */
  constructor(parameters: readonly Tensor[], { decay = 0.999, warmup = false }: EMAOptions = {}) {
    expectOption("EMA", "decay", decay, decay >= 0 && decay < 1, "from 0 and below 1");
    this.#parameters = [...new Set(parameters)];
    this.#decay = decay;
    this.#warmup = warmup;
    this.#means = this.#parameters.map((parameter) => {
      const mean = keepAlive(zeros(parameter.shape));
      mean.view().set(parameter.view());
      return mean;
    });
  }

  /** To be called after each step of the optimizer. */
  update(): void {
    this.#updates += 1;
    const decay = this.#warmup ? Math.min(this.#decay, (1 + this.#updates) / (10 + this.#updates)) : this.#decay;
    this.#parameters.forEach((grad, i) => {
      descend({ param: this.#means[i]!, grad }, { decay: 1 - decay, rate: decay - 1 });
    });
  }

  /**
   * Exchanges the parameters and their means; a second call puts them back. For evaluating or saving a model with the means:
   *
   *     ema.swap();
   *     try { await evaluate(model, data) } finally { ema.swap() }
   */
  swap(): void {
    this.#parameters.forEach((parameter, i) => {
      const [own, mean] = [parameter.toArray(), this.#means[i]!];
      if (own.length === 0) return;
      kernels.copy({ x: mean, out: parameter, n: own.length });
      mean.view().set(own);
      touch(parameter);
    });
  }

  stateDict(): EMAState {
    return { updates: this.#updates, tensors: new Map(this.#means.map((mean, i) => [String(i), mean.detach()])) };
  }

  /** Throws `STATE`, and changes nothing then. */
  loadStateDict({ updates, tensors }: EMAState): void {
    if (!Number.isInteger(updates) || updates < 0)
      throw new FoveaError("STATE", `EMA: updates must be a whole number of at least 0, got ${updates}`);
    this.#means.forEach(({ shape }, i) => {
      const given = tensors.get(String(i));
      if (given?.alive && sameShape(given.shape, shape)) return;
      throw new FoveaError(
        "STATE",
        `EMA: ${i} must be ${formatShape(shape)}, got ${given ? formatShape(given.shape) : "nothing"}`,
      );
    });
    this.#means.forEach((mean, i) => void mean.view().set(tensors.get(String(i))!.view()));
    this.#updates = updates;
  }

  dispose(): void {
    for (const mean of this.#means) mean.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
