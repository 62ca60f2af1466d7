// Runs a command of the set-up: its output goes to a log file, its latest line to the step's progress.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { root } from "./paths.mjs";

/** A command that did not end well; `output` is all that it printed. */
export class CommandFailed extends Error {
  /** @param {string} command @param {string} output */
  constructor(command, output) {
    super(`${command} failed`);
    this.output = output;
  }

  /** The line that most likely says why. */
  get reason() {
    const lines = this.output
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const errors = lines.filter(
      (line) => /^(npm )?error\b|^E:/i.test(line) && !/^npm error( A complete log| code| errno| syscall| path|$)/.test(line),
    );
    return (errors[0] ?? lines.at(-1) ?? "it printed nothing").replace(/^(npm )?error(\[\w+\])?:?\s*/i, "");
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, say?: (status: string) => void, log?: string }} [options]
 * @returns {Promise<string>} what it printed
 */
export function run(command, args, { env = process.env, cwd = root(), say, log } = {}) {
  return new Promise((resolve, reject) => {
    const file = log ? createWriteStream(log, { flags: "a" }) : null;
    file?.write(`$ ${command} ${args.join(" ")}\n`);
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (/** @type {string} */ chunk) => {
      output += chunk;
      file?.write(chunk);
      const latest = chunk
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
        .at(-1);
      if (latest) say?.(latest);
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", take);
    child.on("error", (error) => reject(new CommandFailed(command, error.message)));
    child.on("close", (code) => {
      file?.end();
      if (code === 0) resolve(output);
      else reject(new CommandFailed([command, ...args.slice(0, 2)].join(" "), output));
    });
  });
}
