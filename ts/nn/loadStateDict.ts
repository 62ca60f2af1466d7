import { FoveaError } from "../runtime/errors.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor, touch } from "../tensor/tensor.ts";

type State = ReadonlyMap<string, Tensor>;

/** What a state had too little and too much of. */
export interface LoadedState {
  missing: string[];
  unexpected: string[];
}

/**
 * Copies the values of `given` into the parameters of `own`. A parameter of several names needs one of them, as safetensors' own
 * `load_model` has it. Throws `STATE`, and loads nothing then, unless everything fits.
 */
export function loadInto(own: State, given: State, module: string, strict: boolean): LoadedState {
  const sharers = sharersOf(own);
  const missing = [...own].filter(([, parameter]) => !sharers.get(parameter)!.some((name) => given.has(name)));
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const problems = [...misfits(own, given), ...contradictions(sharers, given)];
  const lacking = missing.map(([name]) => name);
  if (strict && lacking.length > 0) problems.unshift(`missing ${list(lacking)}`);
  if (strict && unexpected.length > 0) problems.push(`unexpected ${list(unexpected)}`);
  if (problems.length > 0)
    throw new FoveaError("STATE", `loadStateDict: the state does not fit ${module}: ${problems.join("; ")}. Nothing was loaded.`);
  for (const [name, parameter] of own) {
    const values = given.get(name);
    if (!values) continue;
    parameter.view().set(values.view());
    touch(parameter);
  }
  return { missing: lacking, unexpected };
}

/** Each parameter's names. */
function sharersOf(own: State): Map<Tensor, string[]> {
  const sharers = new Map<Tensor, string[]>();
  for (const [name, parameter] of own) sharers.set(parameter, [...(sharers.get(parameter) ?? []), name]);
  return sharers;
}

function misfits(own: State, given: State): string[] {
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

/** Names of one parameter that are given different values: one would be lost. */
function contradictions(sharers: ReadonlyMap<Tensor, readonly string[]>, given: State): string[] {
  return [...sharers.values()].flatMap((names) => {
    const [first, ...others] = names.filter((name) => given.has(name));
    if (first === undefined) return [];
    const differing = others.filter((name) => !sameValues(given.get(first)!, given.get(name)!));
    return differing.length === 0 ? [] : [`${list([first, ...differing])} are one parameter, got different values`];
  });
}

function sameValues(a: Tensor, b: Tensor): boolean {
  const [x, y] = [a.view(), b.view()];
  return a === b || (x.length === y.length && x.every((value: number, i: number) => Object.is(value, y[i])));
}

function list(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}
