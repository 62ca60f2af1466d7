import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./ts/${path}`, import.meta.url));

// V8 of Node 20 has relaxed SIMD behind a flag; later ones by default, and in time without the flag.
const nodeMajor = Number(process.versions.node.split(".")[0]);

export default defineConfig({
  resolve: {
    alias: [
      { find: /^fovea$/, replacement: source("index.ts") },
      { find: /^fovea\/(\w+)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks", // worker_threads of our own, so no test runs inside one
    maxWorkers: 2,
    execArgv: nodeMajor < 22 ? ["--experimental-wasm-relaxed-simd"] : [],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
