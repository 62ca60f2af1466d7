import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Sends Ctrl-C once this has been printed. */
  readonly stopAfter?: string;
}

/** A folder of its own in which `npm start`'s program is run as a child process. */
export class SentimentCli {
  readonly folder = mkdtempSync(join(tmpdir(), "fovea-sentiment-"));

  run(args: readonly string[], { input = "", stopAfter }: RunOptions = {}): Promise<Ended> {
    const command = ["--import", import.meta.resolve("tsx"), join(root, "examples/sentiment/main.ts"), ...args];
    const child = spawn(process.execPath, command, {
      cwd: this.folder,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
    });
    let [stdout, stderr] = ["", ""];
    let stopped = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stopAfter === undefined || stopped || !stdout.includes(stopAfter)) return;
      stopped = true;
      child.kill("SIGINT");
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin.on("error", () => {}); // a program that ended without reading
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
