// Modules that are made of others and name them as PyTorch does: `0`, `1`, … or as they were given.

import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** A module from one tensor to another. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Modules in an order, named `0`, `1`, …: what calls them is the module it is a property of. */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly #items: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.#items = [...modules];
  }

  get length(): number {
    return this.#items.length;
  }

  /** A negative index counts from the end. Throws `RANGE`. */
  at(index: number): M {
    const item = this.#items.at(index);
    if (item && Number.isInteger(index)) return item;
    throw new FoveaError(
      "RANGE",
      `${this.constructor.name}: index must be from ${-this.length} to ${this.length - 1}, got ${index}`,
    );
  }

  append(module: M): this {
    this.#items.push(module);
    return this;
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#items.values();
  }

  /** Throws `UNSUPPORTED`: what a list computes is the business of its owner. */
  forward(..._: never[]): unknown {
    return refuse("ModuleList");
  }

  protected override submodules(): [string, M][] {
    return this.#items.map((item, i) => [String(i), item]);
  }
}

/** Modules one after the other, each given what the one before it gives; named `0`, `1`, …. */
export class Sequential extends ModuleList<Layer> {
  constructor(...layers: Layer[]) {
    super(layers);
  }

  override forward(x: Tensor): Tensor {
    return scope(() => [...this].reduce((x, layer) => layer.forward(x), x));
  }
}

/** Modules by names of the caller's, which are the keys as they stand. */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #items: Map<string, M>;

  /** Throws `RANGE` for a name that is empty or holds a dot. */
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    this.#items = new Map();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  /** Throws `RANGE` if there is none of that name. */
  get(name: string): M {
    const item = this.#items.get(name);
    if (item) return item;
    const names = [...this.#items.keys()].map((name) => JSON.stringify(name)).join(", ");
    throw new FoveaError("RANGE", `ModuleDict: name must be one of ${names}, got ${JSON.stringify(name)}`);
  }

  has(name: string): boolean {
    return this.#items.has(name);
  }

  set(name: string, module: M): this {
    if (name === "" || name.includes("."))
      throw new FoveaError("RANGE", `ModuleDict: a name must not be empty or hold a dot, got ${JSON.stringify(name)}`);
    this.#items.set(name, module);
    return this;
  }

  /** Throws `UNSUPPORTED`: what it computes is the business of its owner. */
  forward(..._: never[]): unknown {
    return refuse("ModuleDict");
  }

  protected override submodules(): [string, M][] {
    return [...this.#items];
  }
}

function refuse(name: string): never {
  throw new FoveaError("UNSUPPORTED", `${name}: has no forward of its own; call the modules in it`);
}

/** Gives what it is given. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
