import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { zeros } from "../tensor/create.ts";
import { keepAlive } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import { rebind, rebindGrad, slice, type Tensor } from "../tensor/tensor.ts";

// Each parameter starts on a cache line, as it would in memory of its own.
const ALIGNMENT = 16;

const homes = new WeakMap<Tensor, FlatParameters>();

/** The vector a parameter lives in since an optimizer took it, or undefined. */
export function homeOf(parameter: Tensor): FlatParameters | undefined {
  const home = homes.get(parameter);
  return home?.holds(parameter) ? home : undefined;
}

/**
 * Parameters one after the other in one vector, their gradients in another. The parameters stay the tensors they are; only their
 * memory moves. So one kernel call steps or clips all of them, and a backward pass writes each gradient where the optimizer reads
 * it.
 */
export class FlatParameters {
  /** Those that required a gradient when it was made: frozen ones take no memory here. */
  readonly parameters: readonly Tensor[];
  readonly values: Tensor;
  readonly gradients: Tensor;
  /** Where each parameter starts, and at last where the vector ends; gaps hold 0 in both vectors. */
  readonly starts: readonly number[];
  readonly #frozen: readonly Tensor[];

  /** Throws `RANGE` if a parameter is given twice or is the result of an op, or if none requires a gradient. */
  constructor(op: string, parameters: readonly Tensor[]) {
    checkParameters(op, parameters);
    this.parameters = parameters.filter(({ requiresGrad }) => requiresGrad);
    this.#frozen = parameters.filter(({ requiresGrad }) => !requiresGrad);
    const starts = [0];
    for (const { length } of this.parameters) starts.push(starts.at(-1)! + Math.ceil(length / ALIGNMENT) * ALIGNMENT);
    this.starts = starts;
    const length = starts.at(-1)!;
    this.values = keepAlive(zeros([length]));
    this.gradients = keepAlive(zeros([length]));
    this.parameters.forEach((parameter, i) => {
      const start = this.starts[i]!;
      const gradient = parameter.grad?.toArray();
      rebind(parameter, this.values, start);
      rebindGrad(parameter, this.gradients, start);
      homes.set(parameter, this);
      if (!gradient) return;
      parameter.gradSlot!.view().set(gradient);
      parameter.gradWritten = true;
    });
  }

  /** Whether `parameter` still lives here: another optimizer may have moved it. */
  holds(parameter: Tensor): boolean {
    return parameter.alive && parameter.storage === this.values.storage;
  }

  /**
   * Where the parameters from the `first` to before the `end` lie, less those that are frozen now: the start and end of each
   * stretch.
   */
  stretches(first: number, end: number): [start: number, end: number][] {
    const found: [number, number][] = [];
    for (let i = first; i < end; i += 1) {
      if (!this.parameters[i]!.requiresGrad) continue;
      const last = found.at(-1);
      if (last?.[1] === this.starts[i]) last![1] = this.starts[i + 1]!;
      else found.push([this.starts[i]!, this.starts[i + 1]!]);
    }
    return found;
  }

  /**
   * Makes `gradients` whole: 0 where this step wrote none or the parameter is frozen. Throws `STATE` if a parameter was freed or has
   * moved to another optimizer, or if one is trained that was frozen when this was made.
   */
  settle(op: string): void {
    const thawed = this.#frozen.find(({ requiresGrad }) => requiresGrad);
    if (thawed)
      throw new FoveaError(
        "STATE",
        `${op}: a parameter ${formatShape(thawed.shape)} is trained that was frozen when this optimizer was made; ` +
          "make another, or make it first and freeze afterwards",
      );
    for (const [i, parameter] of this.parameters.entries()) {
      if (!this.holds(parameter))
        throw new FoveaError(
          "STATE",
          `${op}: parameter ${i} ${formatShape(parameter.shape)} was freed or taken over by another optimizer`,
        );
      if ((parameter.gradWritten && parameter.requiresGrad) || parameter.length === 0) continue;
      const slot = slice(this.gradients, this.starts[i]!, parameter.shape);
      kernels.fill({ out: slot, n: slot.length, value: 0 });
      slot.dispose();
    }
  }

  /** Frees the gradients; the values live as long as the parameters. */
  dispose(): void {
    this.values.dispose();
    this.gradients.dispose();
  }
}

function checkParameters(op: string, parameters: readonly Tensor[]): void {
  const seen = new Set<Tensor>();
  for (const [i, parameter] of parameters.entries()) {
    const which = `parameter ${i} ${formatShape(parameter.shape)}`;
    if (seen.has(parameter)) throw new FoveaError("RANGE", `${op}: ${which} was given twice; each belongs to one group`);
    if (parameter.recorded) throw new FoveaError("RANGE", `${op}: ${which} must be a leaf, got the result of an op`);
    seen.add(parameter);
  }
  if (parameters.some(({ requiresGrad }) => requiresGrad)) return;
  throw new FoveaError("RANGE", `${op}: needs at least one parameter that requires a gradient, got ${parameters.length} frozen`);
}
