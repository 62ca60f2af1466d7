import { parseArgs } from "node:util";
import type { VariantName } from "../ts/runtime/index.ts";
import { VARIANTS } from "../ts/runtime/variants.ts";
import { UsageError } from "./usageError.ts";

export interface Options {
  /** Cases whose name and shape it matches. */
  only: RegExp | null;
  threads: readonly number[];
  /** Null: the best that runs with that many threads. */
  variant: VariantName | null;
  /** Where the records are written. */
  json: string | null;
  /** Where a training step spends its time, instead of the cases. */
  profile: boolean;
}

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): Options {
  const { only, threads, variant, json, profile } = parse(args);
  return {
    only: only === undefined ? null : pattern(only),
    threads: threadCounts(threads, variant),
    variant: variant === undefined ? null : variantName(variant),
    json: json ?? null,
    profile: profile ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { only: text, threads: text, variant: text, json: text, profile: { type: "boolean" } },
    }).values;
  } catch (error) {
    const rule = "flags are --only PATTERN, --threads 1,2, --variant NAME, --json FILE and --profile";
    throw new UsageError(`bench: ${rule}; ${(error as Error).message.split(". ")[0]}`, { cause: error });
  }
}

function pattern(only: string): RegExp {
  try {
    return new RegExp(only, "i");
  } catch (error) {
    throw new UsageError(`bench: --only must be a regular expression, got ${only}`, { cause: error });
  }
}

/** One and two if left out; one alone for a variant that has one. */
function threadCounts(threads: string | undefined, variant: string | undefined): number[] {
  const single = VARIANTS.some(({ name, threads }) => name === variant && !threads);
  if (threads === undefined) return single ? [1] : [1, 2];
  const counts = threads.split(",").map(Number);
  if (!counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 64))
    throw new UsageError(`bench: --threads must be whole numbers from 1 to 64 with commas between, got ${threads}`);
  if (single && counts.some((count) => count > 1))
    throw new UsageError(`bench: the variant ${variant} has one thread, got --threads ${threads}; ask for ${variant}-threads`);
  return counts;
}

function variantName(variant: string): VariantName {
  const found = VARIANTS.find(({ name }) => name === variant);
  if (found) return found.name;
  throw new UsageError(`bench: --variant must be one of ${VARIANTS.map(({ name }) => name).join(", ")}, got ${variant}`);
}
