import type { Module } from "../nn/module.ts";
import { rngState, setRngState } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";

/** Thrown inside `fit` where a number is not finite, and explained before it gets out. */
export class NonFinite extends Error {
  readonly what: string;
  readonly value: number;

  constructor(what: string, value: number) {
    super(what);
    this.what = what;
    this.value = value;
  }
}

class Found extends Error {}

/**
 * Runs a step again, forward and backward, with the random numbers it had, and looks at what each kernel writes. Gives where the first NaN
 * or infinity comes from, in words: `first in softmaxForward of encoder.layers.0.self_attn`; "" if the step cannot be run again. Costs nothing until it is called.
 */
export async function findNonFinite(model: Module, before: ReturnType<typeof rngState>, step: () => void): Promise<string> {
  const spoilt = model.namedParameters().find(([, parameter]) => !parameter.view().every(Number.isFinite));
  if (spoilt) return `parameter ${spoilt[0]} was not finite before`;
  const { watchKernels } = await import("../runtime/watchKernels.ts");
  const after = rngState();
  setRngState(before);
  const inside = new Insight(model);
  let found = "";
  try {
    scope(() =>
      watchKernels(step, (kernel, written) => {
        const buffer = written.find(({ values }) => !values.every(Number.isFinite));
        if (!buffer) return;
        found = `first in ${kernel}${inside.module}, which wrote ${buffer.values.find((value) => !Number.isFinite(value))} into ${buffer.name}`;
        throw new Found();
      }),
    );
    found = "written by no kernel, as where a mean is over nothing: does any label of the batch count?";
  } catch (error) {
    if (!(error instanceof Found) && found === "") return ""; // the batch is gone, or the step fails of itself
  } finally {
    inside.end();
    setRngState(after);
  }
  return found;
}

/** Which module is at work. */
class Insight {
  readonly #hooks: { remove(): void }[] = [];
  readonly #path: string[] = [];

  constructor(model: Module) {
    for (const [name, module] of model.namedModules()) {
      const shown = name === "" ? module.constructor.name : name;
      this.#hooks.push(module.registerForwardPreHook(() => void this.#path.push(shown)));
      this.#hooks.push(module.registerForwardHook(() => void this.#path.pop()));
    }
  }

  get module(): string {
    const name = this.#path.at(-1);
    return name === undefined ? "" : ` of ${name}`;
  }

  end(): void {
    for (const hook of this.#hooks) hook.remove();
  }
}
