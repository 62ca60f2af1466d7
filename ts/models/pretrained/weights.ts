import type { Module, StateDict } from "../../nn/module.ts";
import { FoveaError } from "../../runtime/errors.ts";
import { scope } from "../../tensor/scope.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { empty, type Tensor } from "../../tensor/tensor.ts";
import type { Architecture } from "./architecture.ts";
import { type Placement, place, placeBack, placements } from "./placements.ts";
import { type Renames, sourceOf } from "./renames.ts";

/** Tensors by Hugging Face's names, as `loadSafetensors` gives them. */
export type Weights = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** A parameter under one of our names, and where its values are in their file. */
interface Entry {
  readonly ours: string;
  readonly parameter: Tensor;
  readonly blocks: readonly Placement[];
}

/**
 * Copies their values into the parameters of `model`. Throws `STATE`, with all that is missing, unexpected or misshapen under their names, and
 * loads nothing then.
 */
export function loadWeights(model: Module, weights: Weights, { renames, ignored, base }: Architecture, name: string): void {
  const entries = entriesOf(model.stateDict(), renames);
  const known = new Set(entries.flatMap(({ blocks }) => blocks.flatMap((block) => block.name ?? [])));
  const given = canonical(weights, known, base);
  const has = ({ blocks }: Entry) => blocks.every((block) => block.name === null || given.has(block.name));
  const loadable = entries.filter(has);
  const loaded = new Set(loadable.map(({ parameter }) => parameter));
  const lacking = entries
    .filter(({ parameter }) => !loaded.has(parameter))
    .flatMap(({ blocks }) => blocks.map((block) => block.name));
  const missing = lacking.filter((each) => each !== null && !given.has(each)).map((each) => JSON.stringify(each));
  const unexpected = [...given.keys()]
    .filter((each) => !known.has(each) && !ignored?.test(each))
    .map((each) => JSON.stringify(each));
  const problems = [
    ...(missing.length > 0 ? [`missing ${[...new Set(missing)].join(", ")}`] : []),
    ...misfits(loadable, given),
    ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(", ")}`] : []),
  ];
  if (problems.length > 0)
    throw new FoveaError("STATE", `fromPretrained: the weights do not fit ${name}: ${problems.join("; ")}. Nothing was loaded.`);
  scope(() => model.loadStateDict(new Map(loadable.map((entry) => [entry.ours, gathered(entry, given)]))));
}

/**
 * The way back: `state`, of a model's parameters or of their gradients, by their names and in their shapes, a shared parameter under the first.
 */
export function theirWeights(state: StateDict, { renames }: Architecture): Map<string, Tensor> {
  const theirs = new Map<string, Tensor>();
  const done = new Set<Tensor>();
  for (const { parameter, blocks } of entriesOf(state, renames)) {
    if (done.has(parameter)) continue;
    done.add(parameter);
    for (const block of blocks) {
      if (block.name === null) continue;
      const whole = theirs.get(block.name) ?? empty(block.shape);
      placeBack(block, values(parameter), values(whole));
      theirs.set(block.name, whole);
    }
  }
  return theirs;
}

function entriesOf(state: StateDict, renames: Renames): Entry[] {
  const entries: Entry[] = [];
  const named = new Set<Tensor>();
  for (const [ours, parameter] of state) {
    const source = sourceOf(renames, ours);
    if (source === null) continue;
    entries.push({ ours, parameter, blocks: placements(source, parameter.shape) });
    named.add(parameter);
  }
  const nameless = [...state].filter(([, parameter]) => !named.has(parameter)).map(([ours]) => ours);
  if (nameless.length > 0)
    throw new FoveaError("UNSUPPORTED", `fromPretrained: their file has no place for ${nameless.join(", ")}`);
  return entries;
}

/** With the names of today: norms once had a gamma and a beta, and a model saved without its head has no `base` in front. */
function canonical(weights: Weights, known: ReadonlySet<string>, base: string | undefined): Map<string, Tensor> {
  const named: [string, Tensor][] = (weights instanceof Map ? [...weights] : Object.entries(weights)).map(([name, tensor]) => [
    name.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias"),
    tensor,
  ]);
  if (base === undefined || named.some(([name]) => name.startsWith(base))) return new Map(named);
  return new Map(named.map(([name, tensor]) => [known.has(base + name) ? base + name : name, tensor]));
}

function misfits(entries: readonly Entry[], given: ReadonlyMap<string, Tensor>): string[] {
  const problems = new Map<string, string>();
  for (const { name, shape } of entries.flatMap(({ blocks }) => blocks)) {
    if (name === null) continue;
    const tensor = given.get(name)!;
    if (tensor.dtype !== "float32") problems.set(name, `${JSON.stringify(name)} must be float32, got ${tensor.dtype}`);
    else if (!sameShape(tensor.shape, shape))
      problems.set(name, `${JSON.stringify(name)} must be ${formatShape(shape)}, got ${formatShape(tensor.shape)}`);
  }
  return [...problems.values()];
}

function gathered({ parameter, blocks }: Entry, given: ReadonlyMap<string, Tensor>): Tensor {
  const out = empty(parameter.shape);
  for (const block of blocks) {
    if (block.name === null) values(out).fill(0, block.to, block.to + block.length);
    else place(block, values(given.get(block.name)!), values(out));
  }
  return out;
}

function values(tensor: Tensor): Float32Array {
  const view = tensor.view();
  if (view instanceof Float32Array) return view;
  throw new FoveaError("DTYPE", `fromPretrained: weights must be float32, got ${tensor.dtype}`);
}
