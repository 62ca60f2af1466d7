import { FoveaError } from "../runtime/errors.ts";
import { keepAlive } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { expectAlive, Tensor, touch } from "../tensor/tensor.ts";

/** Tensors by PyTorch's state-dict keys, in PyTorch's order. A map, so that no name is special. */
export type StateDict = Map<string, Tensor>;

const marked = new WeakSet<Tensor>();

/** Makes `values`, a leaf, a parameter of the module it is a property of: it is trained, saved, and outlives every scope. */
export function parameter(values: Tensor): Tensor {
  values.requiresGrad = true;
  marked.add(values);
  return keepAlive(values);
}

/**
 * What all modules share. Parameters, modules and arrays of modules are found by the property they are assigned to, and named as
 * PyTorch would: `outProj` is `out_proj`, the second of `layers` is `layers.1`.
 *
 *     class Residual extends Module {
 *       norm = new LayerNorm(64);
 *       gate = parameter(zeros([64]));
 *       forward(x: Tensor): Tensor {
 *         return add(x, multiply(this.norm.forward(x), this.gate));
 *       }
 *     }
 */
export abstract class Module {
  /** Whether dropout drops. */
  training = true;

  abstract forward(...inputs: never[]): unknown;

  /** Each parameter once, in the order of `namedParameters`. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** Each parameter once, under its first name. */
  namedParameters(): [name: string, parameter: Tensor][] {
    const seen = new Set<Tensor>();
    return [...this.stateDict()].filter(([, parameter]) => !seen.has(parameter) && seen.add(parameter));
  }

  /** All parameters under all their names. They are the module's own, not copies. */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    collect(this, "", state);
    return state;
  }

  /**
   * Copies the values of `state` into the parameters. Missing, unexpected and misfitting keys are all named in one `STATE` error,
   * and nothing is loaded then; with `strict: false` missing and unexpected ones are let be. Gives those back.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    { strict = true }: { strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[] } {
    const given: ReadonlyMap<string, Tensor> = state instanceof Map ? state : new Map(Object.entries(state));
    const own = this.stateDict();
    const missing = [...own.keys()].filter((name) => !given.has(name));
    const unexpected = [...given.keys()].filter((name) => !own.has(name));
    const problems = misfits(own, given);
    if (strict && missing.length > 0) problems.unshift(`missing ${list(missing)}`);
    if (strict && unexpected.length > 0) problems.push(`unexpected ${list(unexpected)}`);
    if (problems.length > 0)
      throw new FoveaError(
        "STATE",
        `loadStateDict: the state does not fit ${this.constructor.name}: ${problems.join("; ")}. Nothing was loaded.`,
      );
    for (const [name, parameter] of own) {
      const values = given.get(name);
      if (values) parameter.view().set(values.view());
      touch(parameter);
    }
    return { missing, unexpected };
  }

  /** Dropout drops from now on, here and in all submodules. */
  train(mode = true): this {
    this.training = mode;
    for (const [, child] of children(this)) child.train(mode);
    return this;
  }

  /** Dropout rests from now on, here and in all submodules. */
  eval(): this {
    return this.train(false);
  }

  /** Frees all parameters and their gradients. */
  dispose(): void {
    for (const parameter of this.parameters()) parameter.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function collect(module: Module, prefix: string, state: StateDict): void {
  for (const [property, value] of Object.entries(module))
    if (value instanceof Tensor && marked.has(value)) state.set(prefix + snakeCase(property), value);
  for (const [name, child] of children(module)) collect(child, `${prefix}${name}.`, state);
}

function children(module: Module): [name: string, child: Module][] {
  return Object.entries(module).flatMap(([property, value]): [string, Module][] => {
    if (value instanceof Module) return [[snakeCase(property), value]];
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, i): [string, Module][] =>
      item instanceof Module ? [[`${snakeCase(property)}.${i}`, item]] : [],
    );
  });
}

function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function misfits(own: StateDict, given: ReadonlyMap<string, Tensor>): string[] {
  const problems: string[] = [];
  for (const [name, parameter] of own) {
    const values = given.get(name);
    if (values === undefined) continue;
    expectAlive("loadStateDict", values);
    expectAlive("loadStateDict", parameter);
    if (values.dtype !== parameter.dtype)
      problems.push(`${JSON.stringify(name)} must be ${parameter.dtype}, got ${values.dtype}`);
    else if (!sameShape(values.shape, parameter.shape))
      problems.push(`${JSON.stringify(name)} must be ${formatShape(parameter.shape)}, got ${formatShape(values.shape)}`);
  }
  return problems;
}

function list(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}
