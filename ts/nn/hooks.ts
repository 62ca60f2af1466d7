import type { Module } from "./module.ts";

/** What `forward` takes and gives, over two overloads if it has them. */
type Call<F> = F extends { (...inputs: infer I1): infer O1; (...inputs: infer I2): infer O2 }
  ? { inputs: I1 | I2; output: O1 | O2 }
  : never;
type Inputs<M extends Module> = Call<M["forward"]>["inputs"];
type Output<M extends Module> = Call<M["forward"]>["output"];

/** Sees what `forward` is called with, and may give other inputs in its place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks returns nothing
export type ForwardPreHook<M extends Module> = (module: M, inputs: Inputs<M>) => readonly Inputs<M>[number][] | void;

/** Sees what `forward` was called with and gives, and may give another output in its place. */
// biome-ignore lint/suspicious/noConfusingVoidType: as above
export type ForwardHook<M extends Module> = (module: M, inputs: Inputs<M>, output: Output<M>) => Output<M> | void;

/** Takes the hook away again: by `remove`, or by `using`. */
export interface HookHandle extends Disposable {
  remove(): void;
}

type AnyHook = (...args: never[]) => unknown;
interface Hooks {
  readonly before: Set<AnyHook>;
  readonly after: Set<AnyHook>;
  /** Puts the module's own `forward` back. */
  restore(): void;
}

const hooked = new WeakMap<Module, Hooks>();

/**
 * Modules call each other's `forward` directly, so a hook stands in front of it: a module that has hooks gets a `forward` of its
 * own, and one without pays nothing.
 */
export function addHook(module: Module, when: "before" | "after", hook: AnyHook): HookHandle {
  const hooks = hooked.get(module) ?? intercept(module);
  const entry: AnyHook = (...args) => hook(...args); // one function registered twice is two hooks
  hooks[when].add(entry);
  const remove = () => {
    hooks[when].delete(entry);
    if (hooks.before.size + hooks.after.size > 0 || hooked.get(module) !== hooks) return;
    hooks.restore();
    hooked.delete(module);
  };
  return { remove, [Symbol.dispose]: remove };
}

function intercept(module: Module): Hooks {
  const own = Object.getOwnPropertyDescriptor(module, "forward");
  const forward = module.forward;
  const hooks: Hooks = {
    before: new Set(),
    after: new Set(),
    restore() {
      if (own) Object.defineProperty(module, "forward", own);
      else Reflect.deleteProperty(module, "forward");
    },
  };
  // Not enumerable: properties are where parameters and submodules are looked for.
  const value = (...given: readonly unknown[]): unknown => {
    let inputs = given;
    for (const hook of [...hooks.before]) inputs = Reflect.apply(hook, undefined, [module, inputs]) ?? inputs;
    let output: unknown = Reflect.apply(forward, module, inputs);
    for (const hook of [...hooks.after]) output = Reflect.apply(hook, undefined, [module, inputs, output]) ?? output;
    return output;
  };
  Object.defineProperty(module, "forward", { value, configurable: true, enumerable: false, writable: true });
  hooked.set(module, hooks);
  return hooks;
}
