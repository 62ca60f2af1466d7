/**
 * `npm start`: trains a small transformer to tell the sentiment of sentences, and uses it. README.md shows what it prints; `--help`
 * lists the options.
 */
import { runMain } from "../runMain.ts";
import { helpText } from "./flags.ts";
import { type Command, parseCommand } from "./options.ts";
import { predictCommand } from "./predictCommand.ts";
import { resumeCommand, trainCommand } from "./trainCommand.ts";
import { UsageError } from "./usageError.ts";

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case "help":
      console.log(helpText());
      return 0;
    case "train":
      return trainCommand(command);
    case "resume":
      return resumeCommand(command);
    case "predict":
      return predictCommand(command);
  }
}

await runMain(
  async () => {
    process.exitCode = await run(parseCommand(process.argv.slice(2)));
  },
  (error) => error instanceof UsageError,
);
