import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Host, hostOf, Mailbox } from "./host.ts";
import type { Answer } from "./messages.ts";

/** A Node of the machine or of this folder. */
export interface NodeEngine {
  path: string;
  flags: readonly string[];
}

/** Loads `module`, of this folder, in a process of its own. Throws `RivalFailed`. */
export function nodeHost(module: string, { path, flags }: NodeEngine, threads: number): Promise<Host> {
  const script = fileURLToPath(new URL("./nodeChild.ts", import.meta.url));
  const child = fork(script, [module, String(threads)], {
    execPath: path,
    execArgv: ["--import", import.meta.resolve("tsx"), ...flags],
    stdio: ["ignore", "ignore", "ignore", "ipc"], // some greet
  });
  const mailbox = new Mailbox();
  child.on("message", (answer: Answer) => mailbox.receive(answer));
  return hostOf(child, mailbox, (request) => child.send(request));
}
