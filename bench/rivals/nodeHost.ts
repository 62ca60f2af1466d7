import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Host, hostOf, Mailbox } from "./host.ts";
import type { Answer } from "./messages.ts";

/** Loads `module`, of this folder, in a process of its own of the Node at `execPath`, without flags, as users run it. Throws `RivalFailed`. */
export function nodeHost(module: string, execPath: string, threads: number): Promise<Host> {
  const script = fileURLToPath(new URL("./nodeChild.ts", import.meta.url));
  const child = fork(script, [module, String(threads)], {
    execPath,
    execArgv: ["--import", import.meta.resolve("tsx")],
    stdio: ["ignore", "ignore", "ignore", "ipc"], // some greet
  });
  const mailbox = new Mailbox();
  child.on("message", (answer: Answer) => mailbox.receive(answer));
  return hostOf(child, mailbox, (request) => child.send(request));
}
