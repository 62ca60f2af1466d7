import { settled } from "./gradMode.ts";

/** What a scope frees: tensors. */
export interface Scoped {
  /** Frees it, for the reason that its scope has ended. Does nothing if it is freed already. */
  endScope(): void;
}

let current: Scope | null = null;

/** The tensors made while it runs, less those that have been let go. Scopes nest; a tensor belongs to the innermost. */
export class Scope {
  readonly #made = new Set<Scoped>();
  #outer: Scope | null = null;

  /** Runs `fn`; what it makes belongs to this scope. */
  run<T>(fn: () => T): T {
    this.#outer = current;
    current = this;
    try {
      return fn();
    } finally {
      current = this.#outer;
    }
  }

  add(tensor: Scoped): void {
    this.#made.add(tensor);
  }

  /** Lets a tensor go; says whether it belonged here. */
  release(tensor: Scoped): boolean {
    return this.#made.delete(tensor);
  }

  /** Lets go of what can be reached from `value` through arrays and plain objects; it belongs to the surrounding scope then. */
  handOut(value: unknown): void {
    for (const tensor of reachable(value, (object): object is Scoped => this.#made.has(object as Scoped))) {
      this.#made.delete(tensor);
      this.#outer?.add(tensor);
    }
  }

  /** Lets go of `tensor` here or in a surrounding scope. */
  keep(tensor: Scoped): void {
    for (let scope: Scope | null = this; scope; scope = scope.#outer) if (scope.release(tensor)) return;
  }

  /** Whether it or a surrounding scope would free `tensor`. */
  owns(tensor: Scoped): boolean {
    return this.#made.has(tensor) || (this.#outer?.owns(tensor) ?? false);
  }

  /** Frees all that is left. */
  end(): void {
    for (const tensor of this.#made) tensor.endScope();
    this.#made.clear();
  }
}

/** Called by every new tensor. */
export function enter(tensor: Scoped): void {
  current?.add(tensor);
}

/** Called by every tensor that is freed before its scope ends, so that the scope need not remember it. */
export function leave(tensor: Scoped): void {
  current?.release(tensor);
}

/** Runs `fn`; what it makes belongs to no scope. */
export function outsideScopes<T>(fn: () => T): T {
  const before = current;
  current = null;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/**
 * Frees every tensor made while `fn` runs, except those it returns (also in arrays and plain objects) and those passed to `keepAlive`.
 * What it returns belongs to the surrounding scope, if there is one. A training step is one scope. Gradients of tensors
 * from outside survive: they belong to those. If `fn` throws, everything it made is freed.
 *
 * Throws `STATE` if `fn` returns a promise: a scope ends when its function returns.
 */
export function scope<T>(fn: () => T): T {
  const inner = new Scope();
  try {
    const result = settled("scope", inner.run(fn));
    inner.handOut(result);
    return result;
  } finally {
    inner.end();
  }
}

/**
 * Lets a tensor (or all those in an array or plain object) outlive every scope around; gives it back. It must be freed by `dispose`.
 * Modules keep their parameters, so they may be built inside a scope.
 */
export function keepAlive<T>(value: T): T {
  const scope = current;
  if (scope)
    for (const tensor of reachable(value, (object): object is Scoped => scope.owns(object as Scoped))) scope.keep(tensor);
  return value;
}

/** Objects for which `wanted` holds, in `value` itself and in arrays and plain objects, at any depth. */
export function reachable<T extends object>(value: unknown, wanted: (object: object) => object is T): T[] {
  const found: T[] = [];
  const seen = new Set<unknown>();
  const waiting = [value];
  while (waiting.length > 0) {
    const item = waiting.pop();
    if (typeof item !== "object" || item === null || seen.has(item)) continue;
    seen.add(item);
    if (wanted(item)) found.push(item);
    else if (Array.isArray(item)) waiting.push(...item);
    else if (isPlain(item)) waiting.push(...Object.values(item));
  }
  return found;
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
}
