import { FoveaError } from "../runtime/errors.ts";
import { keepAlive } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { addHook, type ForwardHook, type ForwardPreHook, type HookHandle } from "./hooks.ts";
import { type LoadedState, loadInto } from "./loadStateDict.ts";

/** Tensors by PyTorch's state-dict keys, in PyTorch's order. A map, so that no name is special. */
export type StateDict = Map<string, Tensor>;

const marked = new WeakSet<Tensor>();

/** Makes `values`, a leaf, a parameter of the module it is a property of: it is trained, saved, and outlives every scope. */
export function parameter(values: Tensor): Tensor {
  values.requiresGrad = true;
  marked.add(values);
  return keepAlive(values);
}

/** Whether `parameter` has made it one. */
export function isParameter(tensor: Tensor): boolean {
  return marked.has(tensor);
}

/**
 * What all modules share. Parameters, modules and arrays of modules are found by the property they are assigned to, and named as
 * PyTorch would: `outProj` is `out_proj`, the second of `layers` is `layers.1`. What is assigned twice is shared: it has two
 * names, and is trained, counted and saved once.
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
    const found = new Set<Tensor>();
    this.#gather(found);
    return [...found];
  }

  /** Each parameter once, under its first name. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return eachOnce(this.stateDict());
  }

  /** The modules this one is made of, each once. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** The same with their names. */
  namedChildren(): [name: string, child: Module][] {
    return eachOnce(this.submodules());
  }

  /** This module, and all it is made of at any depth, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The same with their names, as the state-dict keys have them; its own is "". */
  namedModules(): [name: string, module: Module][] {
    const found = new Map<Module, string>();
    this.#name("", found);
    return [...found].map(([module, name]) => [name, module]);
  }

  /** Calls `fn` with every module, those inside first. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** All parameters under all their names. They are the module's own, not copies. */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    this.#collect("", state);
    return state;
  }

  /**
   * Copies the values of `state` into the parameters. Missing, unexpected and misfitting keys are all named in one `STATE` error,
   * and nothing is loaded then; with `strict: false` missing and unexpected ones are let be. Gives those back. A shared
   * parameter may be given under one of its names or, with the same values, under several.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    { strict = true }: { strict?: boolean } = {},
  ): LoadedState {
    const given: ReadonlyMap<string, Tensor> = state instanceof Map ? state : new Map(Object.entries(state));
    return loadInto(this.stateDict(), given, this.constructor.name, strict);
  }

  /** Dropout drops from now on, here and in all submodules. */
  train(mode = true): this {
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** Dropout rests from now on, here and in all submodules. */
  eval(): this {
    return this.train(false);
  }

  /** Whether the parameters are trained from now on: without gradients, which they lose, optimizers leave them alone. */
  requiresGrad(value = true): this {
    for (const parameter of this.parameters()) setTrained(parameter, value);
    return this;
  }

  /**
   * Trains those parameters no further of which a name matches: `model.freeze(/^encoder\./)`. Throws `RANGE` if none does, as after
   * a misspelling.
   */
  freeze(pattern: RegExp): this {
    for (const parameter of this.#matching("freeze", pattern)) setTrained(parameter, false);
    return this;
  }

  /** Trains those parameters again. Throws `RANGE` if none matches. */
  unfreeze(pattern: RegExp): this {
    for (const parameter of this.#matching("unfreeze", pattern)) setTrained(parameter, true);
    return this;
  }

  /** Calls `hook` before every `forward`; it may give other inputs, as an array. */
  registerForwardPreHook<M extends Module>(this: M, hook: ForwardPreHook<M>): HookHandle {
    return addHook(this, "before", hook);
  }

  /**
   * Calls `hook` after every `forward`; it may give another output. What it wants to keep it copies, or passes to `keepAlive`: most
   * of what modules hand each other is freed by the module around them.
   *
   *     using hook = model.encoder.registerForwardHook((_, [src], out) => console.log(src.shape, out));
   */
  registerForwardHook<M extends Module>(this: M, hook: ForwardHook<M>): HookHandle {
    return addHook(this, "after", hook);
  }

  /** Frees all parameters and their gradients. */
  dispose(): void {
    for (const parameter of this.parameters()) parameter.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The modules it is made of, under all their names. Containers have their own way to name them. */
  protected submodules(): [name: string, child: Module][] {
    return Object.entries(this).flatMap(([property, value]): [string, Module][] => {
      if (value instanceof Module) return [[snakeCase(property), value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, i): [string, Module][] =>
        item instanceof Module ? [[`${snakeCase(property)}.${i}`, item]] : [],
      );
    });
  }

  #collect(prefix: string, state: StateDict): void {
    for (const [property, value] of Object.entries(this))
      if (value instanceof Tensor && marked.has(value)) state.set(prefix + snakeCase(property), value);
    for (const [name, child] of this.submodules()) child.#collect(`${prefix}${name}.`, state);
  }

  /** The parameters without their names, which training loops ask for at every step. */
  #gather(found: Set<Tensor>): void {
    for (const value of Object.values(this)) if (value instanceof Tensor && marked.has(value)) found.add(value);
    for (const [, child] of this.submodules()) child.#gather(found);
  }

  #name(name: string, found: Map<Module, string>): void {
    if (found.has(this)) return;
    found.set(this, name);
    for (const [own, child] of this.submodules()) child.#name(name === "" ? own : `${name}.${own}`, found);
  }

  #matching(op: string, pattern: RegExp): Set<Tensor> {
    const state = [...this.stateDict()];
    const found = state.filter(([name]) => name.search(pattern) >= 0).map(([, parameter]) => parameter);
    if (found.length > 0) return new Set(found);
    const some = state.slice(0, 3).map(([name]) => name);
    throw new FoveaError(
      "RANGE",
      `${op}: ${pattern} must match a parameter of ${this.constructor.name}, whose names are like ${some.join(", ")}`,
    );
  }
}

function setTrained(parameter: Tensor, value: boolean): void {
  parameter.requiresGrad = value;
  if (!value) parameter.zeroGrad();
}

/** By property: there are few, and `parameters` asks for all of them at every step. */
const snakeCases = new Map<string, string>();

function snakeCase(property: string): string {
  const known = snakeCases.get(property);
  if (known !== undefined) return known;
  const name = property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCases.set(property, name);
  return name;
}

/** Each value once, under its first name. */
function eachOnce<T>(named: Iterable<readonly [string, T]>): [string, T][] {
  const names = new Map<T, string>();
  for (const [name, value] of named) if (!names.has(value)) names.set(value, name);
  return [...names].map(([value, name]) => [name, value]);
}
