#!/usr/bin/env node
import { parseArgs } from "node:util";
import { dispose, FoveaError } from "../runtime/index.ts";
import { doctorCommand } from "./doctorCommand.ts";
import { inspectCommand } from "./inspectCommand.ts";
import { trainCommand } from "./trainCommand.ts";
import { evaluateCommand, predictCommand } from "./useCommands.ts";

const HELP = `fovea train CONFIG.json [--resume]       train a classifier of texts as the configuration says
fovea evaluate FOLDER DATA [--json]      score the model of a folder on a TSV, CSV or JSONL file
fovea predict FOLDER [TEXT …] [--json]   classify texts, or the lines of standard input
fovea inspect FILE.safetensors [--json]  names, dtypes, shapes, sizes and metadata
fovea doctor [--json]                    what this machine and engine give, and why not more

docs/training.md of the package's repository has the keys of a configuration.`;

class UsageError extends Error {}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" }, json: { type: "boolean" }, resume: { type: "boolean" } },
  });
  const { json = false, resume = false, help = false } = values;
  const [command, first, ...rest] = positionals;
  if (help || command === undefined) {
    console.log(HELP);
    return help ? 0 : 2;
  }
  const needed = (value: string | undefined, what: string): string => {
    if (value !== undefined) return value;
    throw new UsageError(`fovea ${command} needs ${what}`);
  };
  switch (command) {
    case "train":
      return trainCommand(needed(first, "a configuration"), { resume });
    case "evaluate":
      return evaluateCommand(needed(first, "the folder of a training"), needed(rest[0], "a file of texts and labels"), { json });
    case "predict":
      return predictCommand(needed(first, "the folder of a training"), rest, { json });
    case "inspect":
      return inspectCommand(needed(first, "a safetensors file"), { json });
    case "doctor":
      return doctorCommand({ json });
    default:
      throw new UsageError(`fovea: there is no command ${JSON.stringify(command)}`);
  }
}

const misused = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (misused(error)) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exitCode = 2;
  } else if (error instanceof FoveaError) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error; // a mistake of the library: with all there is to find it
} finally {
  await dispose();
}
