import { parseArgs } from "node:util";
import type { InitOptions, VariantName } from "fovea";
import { type FlagName, type FlagValues, flags } from "./flags.ts";
import { HEADS, POOLINGS, type Recipe, recipe } from "./recipe.ts";
import { UsageError } from "./usageError.ts";

/** Which files to train on, and which of their columns. */
export interface DataFiles {
  /** Null: the reviews carried here. */
  readonly train: string | null;
  readonly valid: string | null;
  readonly test: string | null;
  readonly textColumn?: string | number | undefined;
  readonly labelColumn?: string | number | undefined;
}

export type Command =
  | { readonly kind: "help" }
  | {
      readonly kind: "train";
      readonly data: DataFiles;
      readonly recipe: Recipe;
      readonly out: string | null;
      readonly engine: InitOptions;
    }
  | { readonly kind: "resume"; readonly folder: string; readonly engine: InitOptions }
  | {
      readonly kind: "predict";
      readonly folder: string;
      readonly sentences: readonly string[];
      readonly perHead: boolean;
      readonly engine: InitOptions;
    };

const ENGINE: readonly FlagName[] = ["threads", "variant", "deterministic"];
const VARIANTS: readonly VariantName[] = ["simd", "simd-threads", "relaxed", "relaxed-threads"];

/** What the arguments ask for. Throws `UsageError`. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: "help" };
  const engine = parseEngine(values);
  if (values.predict !== undefined) {
    allowOnly(values, "predict", ["per-head", ...ENGINE]);
    return { kind: "predict", folder: values.predict, sentences: positionals, perHead: values["per-head"] ?? false, engine };
  }
  if (positionals.length > 0)
    throw new UsageError(`${JSON.stringify(positionals[0])} is no option; sentences go with --predict DIR.`);
  if (values["per-head"]) throw new UsageError("--per-head goes with --predict DIR.");
  if (values.resume !== undefined) {
    allowOnly(values, "resume", ENGINE);
    return { kind: "resume", folder: values.resume, engine };
  }
  return { kind: "train", data: parseData(values), recipe: parseRecipe(values), out: values.out ?? null, engine };
}

function parse(args: readonly string[]): { values: FlagValues; positionals: string[] } {
  const options = Object.fromEntries(Object.entries(flags).map(([name, { type }]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const unknown = /'(--?[^']+)'/.exec(message)?.[1];
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") throw new UsageError(`There is no option ${unknown}; --help lists them all.`);
    if (code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE")
      throw new UsageError(`${unknown?.split(" ")[0]} is given wrongly; --help says how.`);
    throw error;
  }
}

function allowOnly(values: FlagValues, kind: FlagName, also: readonly FlagName[]): void {
  const other = (Object.keys(values) as FlagName[]).find((name) => name !== kind && !also.includes(name));
  if (other !== undefined)
    throw new UsageError(`--${other} cannot be given with --${kind}, which takes everything from the run.`);
}

function parseData(values: FlagValues): DataFiles {
  const { train = null, valid = null, test = null } = values;
  for (const name of ["valid", "test", "text-column", "label-column"] as const)
    if (train === null && values[name] !== undefined) throw new UsageError(`--${name} needs --train FILE.`);
  return { train, valid, test, textColumn: column(values["text-column"]), labelColumn: column(values["label-column"]) };
}

const column = (given: string | undefined): string | number | undefined =>
  given !== undefined && /^\d+$/.test(given) ? Number(given) : given;

function parseRecipe(values: FlagValues): Recipe {
  const made: Recipe = {
    epochs: count(values, "epochs", recipe.epochs),
    batchSize: count(values, "batch-size", recipe.batchSize),
    lr: rate(values, recipe.lr),
    dModel: count(values, "d-model", recipe.dModel),
    numLayers: count(values, "layers", recipe.numLayers),
    numHeads: count(values, "heads", recipe.numHeads),
    pooling: oneOf("pooling", values.pooling ?? recipe.pooling, POOLINGS),
    head: oneOf("head", values.head ?? recipe.head, HEADS),
    maxLen: count(values, "max-len", recipe.maxLen),
    seed: count(values, "seed", recipe.seed, 0),
  };
  if (made.dModel % made.numHeads !== 0)
    throw new UsageError(`--d-model must be a multiple of --heads, got ${made.dModel} and ${made.numHeads}.`);
  return made;
}

function parseEngine(values: FlagValues): InitOptions {
  const { variant, deterministic } = values;
  return {
    ...(values.threads !== undefined && { threads: count(values, "threads", 1) }),
    ...(variant !== undefined && { variant: oneOf("variant", variant, VARIANTS) }),
    ...(deterministic && { deterministic }),
  };
}

function oneOf<Name extends string>(flag: FlagName, given: string, names: readonly Name[]): Name {
  const name = names.find((name) => name === given);
  if (name !== undefined) return name;
  throw new UsageError(`--${flag} must be one of ${names.join(", ")}, got ${JSON.stringify(given)}.`);
}

function count(
  values: FlagValues,
  name: Exclude<FlagName, "per-head" | "deterministic" | "help">,
  otherwise: number,
  least = 1,
): number {
  const given = values[name];
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= least && value < 2 ** 31) return value;
  throw new UsageError(`--${name} must be a whole number of at least ${least}, got ${JSON.stringify(given)}.`);
}

function rate({ lr }: FlagValues, otherwise: number): number {
  if (lr === undefined) return otherwise;
  const value = Number(lr);
  if (lr.trim() !== "" && value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new UsageError(`--lr must be a number above 0, got ${JSON.stringify(lr)}.`);
}
