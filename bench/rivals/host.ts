import type { ChildProcess } from "node:child_process";
import type { Answer, Request } from "./messages.ts";
import type { About } from "./participant.ts";

/** Where a rival runs. */
export interface Host {
  readonly about: About;
  /** Whether it can still be asked. */
  readonly alive: boolean;
  /** Throws `RivalFailed` for "failed" and where there is no answer. */
  ask(request: Request): Promise<Answer>;
  /** Nothing of it runs until `resume`, not even a thread that spins. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it, whatever it does. */
  end(): Promise<void>;
}

/** It takes no further part; the message says why. */
export class RivalFailed extends Error {
  override readonly name = "RivalFailed";
}

/** Longer than any case takes; then something hangs. */
const DEADLINE_MS = 300_000;

/** The answers of one process, in the order of its requests. */
export class Mailbox {
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  #gone: RivalFailed | null = null;

  receive(answer: Answer): void {
    const first = this.#waiting.shift();
    if (answer.kind === "failed") first?.reject(new RivalFailed(answer.reason));
    else first?.resolve(answer);
  }

  get open(): boolean {
    return this.#gone === null;
  }

  /** It is not there any more. */
  close(reason: string): void {
    this.#gone ??= new RivalFailed(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#gone);
  }

  next(): Promise<Answer> {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.close(`no answer within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  }

  /** The first answer of all. */
  async ready(): Promise<About> {
    const answer = await this.next();
    if (answer.kind !== "ready") throw new RivalFailed(`said ${answer.kind} before it was ready`);
    return answer.about;
  }
}

const running = new Set<ChildProcess>();

/** A process that stands still would outlive this one. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0) {
    process.on("exit", endAll);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  }
  running.add(child);
}

function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** A host around a process that has said it is ready. */
export async function hostOf(child: ChildProcess, mailbox: Mailbox, send: (request: Request) => void): Promise<Host> {
  endWithUs(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", (code, signal) => {
    running.delete(child);
    mailbox.close(`its process ended with ${signal ?? `exit code ${code}`}`);
  });
  child.on("error", (error) => mailbox.close(error.message));
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await exited;
  };
  try {
    const about = await mailbox.ready();
    return {
      about,
      get alive() {
        return mailbox.open;
      },
      ask(request) {
        const answer = mailbox.next();
        send(request);
        return answer;
      },
      pause: async () => void child.kill("SIGSTOP"),
      resume: async () => void child.kill("SIGCONT"),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
