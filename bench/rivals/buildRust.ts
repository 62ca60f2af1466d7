import { fileURLToPath } from "node:url";
import { withLock } from "../../scripts/setup/lock.mjs";
import { root } from "../../scripts/setup/paths.mjs";
import { RUST } from "../../scripts/setup/pins.mjs";
import { step } from "../../scripts/setup/progress.mjs";
import { CommandFailed, run } from "../../scripts/setup/run.mjs";
import { findRust, installRust } from "../../scripts/setup/rust.mjs";
import { installTool, TOOLS_NEEDED, toolDone } from "../../scripts/setup/tools.mjs";
import { RUST_OUT, type RustCrate } from "./participants/rust.ts";

const WORKSPACE = fileURLToPath(new URL("./rust/", import.meta.url));
const CARGO_OUT = root("target/rivals");
const TARGET = "wasm32-unknown-unknown";
/** Neither library uses relaxed SIMD; random numbers come from JavaScript's `crypto`. */
const FLAGS = ["-C", "target-feature=+simd128", "--cfg", 'getrandom_backend="wasm_js"'];

/**
 * Builds a crate of `rust/` with the project's own Rust, some minutes the first time; cargo knows what has changed since. Throws an
 * `Error` that says why it could not.
 */
export function buildRust(crate: RustCrate): Promise<void> {
  return withLock(async () => {
    const rust = findRust() ?? (await step(`Rust for wasm (${RUST})`, installRust));
    const bindgen = TOOLS_NEEDED.find(({ program }) => program === "wasm-bindgen")!;
    if (!toolDone(bindgen)) await step(`wasm-bindgen ${bindgen.version}`, (say, log) => installTool(bindgen, rust, say, log));
    await step(`${crate} in wasm`, (say, log) => compile(crate, rust, { say, log }));
  });
}

type Rust = NonNullable<ReturnType<typeof findRust>>;
type Report = Pick<NonNullable<Parameters<typeof run>[2]>, "say" | "log">;

async function compile(crate: RustCrate, rust: Rust, report: Report): Promise<void> {
  const std = rust.hasWasmStd ? [] : ["-Z", "build-std=std,panic_abort"];
  const glue = ["--target", "web", "--no-typescript", "--out-dir", fileURLToPath(new URL(RUST_OUT, import.meta.url))];
  const options = { ...report, cwd: WORKSPACE, env: environment(rust) };
  try {
    await run("cargo", ["build", "--release", "--locked", "--target", TARGET, "-p", `rival-${crate}`, ...std], options);
    await run("wasm-bindgen", [...glue, `${CARGO_OUT}/${TARGET}/release/rival_${crate}.wasm`], options);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new Error(`could not be built: ${error.reason}`, { cause: error });
  }
}

function environment({ env }: Rust): NodeJS.ProcessEnv {
  return { ...env, RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: FLAGS.join("\x1f"), CARGO_TARGET_DIR: CARGO_OUT };
}
