import type { Module } from "../nn/module.ts";
import { flopsCounted } from "../ops/flops.ts";
import { FoveaError } from "../runtime/errors.ts";
import { runtime } from "../runtime/index.ts";
import { randn } from "../tensor/create.ts";
import { rngState, setRngState } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { summaryTable } from "./summaryTable.ts";

/** A module of the model; its numbers are with all that is inside it. */
export interface SummaryRow {
  /** As it is called in the module around it. */
  readonly name: string;
  readonly type: string;
  readonly depth: number;
  /** Shapes of what it gave last; empty if it was not called, as its owner may use its parameters itself. */
  readonly outputs: readonly Shape[];
  readonly parameters: number;
  /** Multiplications and additions of matrix products and attention, nothing masked, forward. */
  readonly flops: number;
  /** How often it was called. */
  readonly calls: number;
  /** For a module that was shown before, where: its numbers are there. */
  readonly sharedWith: string | null;
}

export interface ModelSummary {
  readonly rows: readonly SummaryRow[];
  /** A shared one counts once. */
  readonly parameters: number;
  /** Of those, the ones that are not frozen. */
  readonly trainable: number;
  readonly flops: number;
  /** In bytes: the parameters, what AdamW adds to them (gradients and two moments), and what one forward pass keeps until its backward. */
  readonly memory: { readonly parameters: number; readonly training: number; readonly activations: number };
  /** The table. */
  toString(): string;
}

/**
 * What a model is made of and what it costs, as a table: shapes, parameters and FLOPs of each module, and an estimate of the memory.
 * It runs the model once: on tensors, on random float32 ones of the shapes given, or as a function of yours does. Dropout and what
 * else is random goes on afterwards as if it had not. Throws `RANGE` without a sample, and what the model throws.
 *
 *     console.log(String(summary(encoder, [8, 64, 128])));
 *     console.log(String(summary(classifier, () => classifier.forward(ids, { lengths }))));
 */
export function summary(model: Module, run: () => unknown): ModelSummary;
export function summary(model: Module, ...inputs: readonly (Tensor | Shape)[]): ModelSummary;
export function summary(model: Module, ...sample: readonly ((() => unknown) | Tensor | Shape)[]): ModelSummary {
  const { seen, activations } = observe(model, sample);
  const parameters = count(model.parameters());
  const trainable = count(model.parameters().filter(({ requiresGrad }) => requiresGrad));
  const result = {
    rows: rowsOf(model, seen),
    parameters,
    trainable,
    flops: seen.get(model)?.flops ?? 0,
    memory: { parameters: BYTES * parameters, training: 3 * BYTES * trainable, activations },
  };
  return { ...result, toString: () => summaryTable(result) };
}

const BYTES = 4; // of a float32

interface Seen {
  outputs: readonly Shape[];
  flops: number;
  calls: number;
}

/** Runs the model once, and sees what goes through each module and what is still there at its end. */
function observe(
  model: Module,
  sample: readonly ((() => unknown) | Tensor | Shape)[],
): { seen: Map<Module, Seen>; activations: number } {
  const seen = new Map<Module, Seen>();
  const generators = rngState();
  const hooks = model.modules().flatMap((module) => watch(module, seen));
  try {
    return scope(() => {
      const run = callOf(model, sample);
      let during = 0;
      scope(() => {
        run();
        during = runtime.memory.used;
      });
      return { seen, activations: during - runtime.memory.used };
    });
  } finally {
    for (const hook of hooks) hook.remove();
    setRngState(generators);
  }
}

function callOf(model: Module, sample: readonly ((() => unknown) | Tensor | Shape)[]): () => unknown {
  const [first] = sample;
  if (first === undefined)
    throw new FoveaError("RANGE", "summary: needs a sample to run the model on: shapes or tensors, or a function that calls it");
  if (typeof first === "function") return first;
  const inputs = sample.map((input) => (Array.isArray(input) ? randn(input) : input));
  return () => Reflect.apply(model.forward, model, inputs);
}

function watch(module: Module, seen: Map<Module, Seen>): { remove(): void }[] {
  const started: number[] = []; // a stack: a module may be part of itself
  return [
    module.registerForwardPreHook(() => {
      started.push(flopsCounted());
    }),
    module.registerForwardHook((_, __, output) => {
      const { flops = 0, calls = 0 } = seen.get(module) ?? {};
      const own = flopsCounted() - started.pop()!;
      seen.set(module, { outputs: shapesIn(output), flops: flops + own, calls: calls + 1 });
    }),
  ];
}

/** Of a tensor, or of those in an object or array. */
function shapesIn(output: unknown): Shape[] {
  if (output instanceof Tensor) return [output.shape];
  if (typeof output !== "object" || output === null) return [];
  return Object.values(output).flatMap(shapesIn);
}

function rowsOf(model: Module, seen: ReadonlyMap<Module, Seen>): SummaryRow[] {
  const paths = new Map<Module, string>();
  const visit = (module: Module, name: string, path: string, depth: number): SummaryRow[] => {
    const type = module.constructor.name;
    const sharedWith = paths.get(module) ?? null;
    const parameters = count(module.parameters());
    const { outputs = [], flops = 0, calls = 0 } = seen.get(module) ?? {};
    const row = { name, type, depth, outputs, parameters, flops, calls, sharedWith };
    if (sharedWith !== null) return [row];
    paths.set(module, path);
    const inside = module.namedChildren().flatMap(([own, child]) => visit(child, own, path ? `${path}.${own}` : own, depth + 1));
    return [row, ...inside];
  };
  return visit(model, "", "", 0);
}

function count(parameters: readonly Tensor[]): number {
  return parameters.reduce((sum, { length }) => sum + length, 0);
}
