import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Host, hostOf, Mailbox } from "./host.ts";
import type { Answer } from "./messages.ts";

/** Starts a program that speaks JSON lines; its last argument is the number of threads. Throws `RivalFailed`. */
export function programHost([file, ...args]: readonly [string, ...string[]], threads: number): Promise<Host> {
  const child = spawn(file, [...args, String(threads)], { stdio: ["pipe", "pipe", "ignore"] });
  const mailbox = new Mailbox();
  createInterface({ input: child.stdout }).on("line", (line) => mailbox.receive(parse(line)));
  child.stdin.on("error", () => undefined); // its exit says more
  return hostOf(child, mailbox, (request) => void child.stdin.write(`${JSON.stringify(request)}\n`));
}

function parse(line: string): Answer {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return { kind: "failed", reason: `said ${JSON.stringify(line.slice(0, 80))}, which is no JSON` };
  }
}
