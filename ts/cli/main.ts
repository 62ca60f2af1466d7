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
  const { help = false } = values;
  const [command, ...rest] = positionals;
  if (help || command === undefined) {
    console.log(HELP);
    return help ? 0 : 2;
  }
  if (!isCommand(command)) throw new UsageError(`fovea: there is no command ${JSON.stringify(command)}`);
  return COMMANDS[command](new Given(command, rest, values));
}

/** What a command is given besides its name. Each takes what it knows, and `end` refuses the rest. */
class Given {
  readonly #command: string;
  readonly #words: string[];
  readonly #flags: Set<string>;

  constructor(command: string, words: readonly string[], flags: Readonly<Record<string, boolean | undefined>>) {
    this.#command = command;
    this.#words = [...words];
    this.#flags = new Set(Object.keys(flags));
  }

  word(what: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new UsageError(`fovea ${this.#command} needs ${what}`);
    return word;
  }

  words(): string[] {
    return this.#words.splice(0);
  }

  flag(name: "json" | "resume"): boolean {
    return this.#flags.delete(name);
  }

  end(): void {
    const [more] = [...[...this.#flags].map((flag) => `--${flag}`), ...this.#words];
    if (more !== undefined) throw new UsageError(`fovea ${this.#command} does not take ${more}`);
  }
}

const COMMANDS = {
  train(given: Given): Promise<number> {
    const [config, resume] = [given.word("a configuration"), given.flag("resume")];
    given.end();
    return trainCommand(config, { resume });
  },
  evaluate(given: Given): Promise<number> {
    const [folder, data] = [given.word("the folder of a training"), given.word("a file of texts and labels")];
    const json = given.flag("json");
    given.end();
    return evaluateCommand(folder, data, { json });
  },
  predict(given: Given): Promise<number> {
    const [folder, texts, json] = [given.word("the folder of a training"), given.words(), given.flag("json")];
    given.end();
    return predictCommand(folder, texts, { json });
  },
  inspect(given: Given): Promise<number> {
    const [file, json] = [given.word("a safetensors file"), given.flag("json")];
    given.end();
    return inspectCommand(file, { json });
  },
  doctor(given: Given): Promise<number> {
    const json = given.flag("json");
    given.end();
    return doctorCommand({ json });
  },
};

const isCommand = (word: string): word is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, word);

const misused = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));

/** A folder that cannot be made, a full disk: its message says what and where. */
const ofTheSystem = (error: unknown): error is Error => error instanceof Error && "syscall" in error;

const READER_GONE = 141; // what a shell says of a program that SIGPIPE has ended

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(READER_GONE); // `fovea predict … | head` has read enough
  throw error;
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (misused(error)) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exitCode = 2;
  } else if (error instanceof FoveaError || ofTheSystem(error)) {
    console.error(error.message);
    process.exitCode = 1;
  } else throw error; // a mistake of the library: with all there is to find it
} finally {
  await dispose();
}
