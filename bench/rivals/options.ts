import { parseArgs } from "node:util";
import { UsageError } from "../usageError.ts";

export interface Options {
  /** Cases whose name and shape it matches. */
  only: RegExp | null;
  /** Names of those who take part, ours always; null: all. */
  rivals: readonly string[] | null;
  threads: readonly number[];
  /** Null: Node 24. */
  engines: readonly string[] | null;
  /** Where the records are written. */
  json: string | null;
  /** Keep them in `bench/records/`. */
  record: boolean;
}

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[], known: { rivals: readonly string[]; engines: readonly string[] }): Options {
  const { only, rivals, threads = "1,2", engine, json, record = false } = parse(args);
  const counts = threads.split(",").map(Number);
  if (!counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 64))
    throw new UsageError(`bench:rivals: --threads must be whole numbers from 1 to 64 with commas between, got ${threads}`);
  return {
    only: only === undefined ? null : pattern(only),
    rivals: names("--rivals", rivals, known.rivals),
    threads: counts,
    engines: names("--engine", engine, known.engines),
    json: json ?? null,
    record,
  };
}

function names(flag: string, given: string | undefined, known: readonly string[]): string[] | null {
  const list = given?.split(",") ?? null;
  const unknown = list?.find((name) => !known.includes(name));
  if (unknown === undefined) return list;
  throw new UsageError(`bench:rivals: ${flag} must be of ${known.join(", ")} with commas between, got ${unknown}`);
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { only: text, rivals: text, threads: text, engine: text, json: text, record: { type: "boolean" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const rule =
      "flags are --only PATTERN, --rivals NAME,…, --threads 1,2, --engine node20,node24,chromium, --json FILE and --record";
    throw new UsageError(`bench:rivals: ${rule}; ${(error as Error).message.split(". ")[0]}`, { cause: error });
  }
}

function pattern(only: string): RegExp {
  try {
    return new RegExp(only, "i");
  } catch (error) {
    throw new UsageError(`bench:rivals: --only must be a regular expression, got ${only}`, { cause: error });
  }
}
