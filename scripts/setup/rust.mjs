// Rust for wasm with atomics: the pinned nightly by rustup, else Debian's own packages.
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { TOOLS, toolPath, which } from "./paths.mjs";
import { RUST } from "./pins.mjs";
import { SetupError } from "./progress.mjs";
import { CommandFailed, run } from "./run.mjs";

/**
 * @typedef {object} Rust
 * @property {NodeJS.ProcessEnv} env what cargo and wasm-pack are run with
 * @property {boolean} hasWasmStd whether std for wasm32 comes prebuilt; without it what needs std builds its own
 * @property {boolean} hasClippy
 * @property {boolean} pinned whether it is the version that the package is built with
 */

const DEBIAN = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22", "gcc"];
const DEBIAN_SOURCE = "/usr/lib/rustlib/src/rust/library/Cargo.lock";

/** The toolchain, if it is there already. @returns {Rust | null} */
export function findRust() {
  return findRustup() ?? findDebian();
}

/** @returns {Rust | null} */
function findRustup() {
  if (!which("rustup")) return null;
  const toolchains = join(process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"), "toolchains");
  const name = existsSync(toolchains) ? readdirSync(toolchains).find((folder) => folder.startsWith(RUST)) : undefined;
  if (!name) return null;
  const has = (/** @type {string} */ path) => existsSync(join(toolchains, name, path));
  if (!has("lib/rustlib/src/rust/library/Cargo.lock") || !has("lib/rustlib/wasm32-unknown-unknown")) return null;
  return {
    env: { ...process.env, PATH: toolPath(), RUSTUP_TOOLCHAIN: RUST },
    hasWasmStd: true,
    hasClippy: has("bin/cargo-clippy"),
    pinned: true,
  };
}

/** @returns {Rust | null} */
function findDebian() {
  if (!existsSync("/usr/bin/rustc") || !existsSync("/usr/bin/cargo") || !existsSync(DEBIAN_SOURCE)) return null;
  const env = {
    ...process.env,
    PATH: `${TOOLS}:/usr/bin:${process.env.PATH}`,
    RUSTC: "/usr/bin/rustc",
    RUSTC_BOOTSTRAP: "1",
    // Before the autumn of 2026 link-time optimisation forgot which target features global_asm was written for (rust-lang/rust#160594).
    CARGO_PROFILE_RELEASE_LTO: "off",
  };
  return { env, hasWasmStd: false, hasClippy: false, pinned: false };
}

/** @param {(status: string) => void} say @param {string} log @returns {Promise<Rust>} */
export async function installRust(say, log) {
  const byRustup = await tryRustup(say, log);
  if (byRustup === true) {
    const rust = findRustup();
    if (rust) return rust;
  }
  const why = byRustup === true ? "it installed, but not where rustup was asked to" : byRustup;
  const byDebian = await tryDebian(say, log);
  const rust = byDebian === true ? findDebian() : null;
  if (rust) return rust;
  throw new SetupError(
    `Rust ${RUST} for wasm could not be had: by rustup, ${why}; by Debian's packages, ${byDebian === true ? "they came without sources" : byDebian}. ` +
      `Install rustup (https://rustup.rs), or as root: apt-get install ${DEBIAN.join(" ")}.`,
  );
}

/** @param {(status: string) => void} say @param {string} log @returns {Promise<true | string>} true, or why not */
async function tryRustup(say, log) {
  if (!which("rustup")) return "there is no rustup on PATH";
  const install = [
    "toolchain",
    "install",
    RUST,
    "--profile",
    "minimal",
    "-c",
    "rust-src",
    "-c",
    "clippy",
    "-t",
    "wasm32-unknown-unknown",
  ];
  try {
    await run("rustup", install, { say, log });
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return error.reason;
    throw error;
  }
}

/** @param {(status: string) => void} say @param {string} log @returns {Promise<true | string>} true, or why not */
async function tryDebian(say, log) {
  if (!which("apt-get")) return "this machine has no apt-get";
  if (process.getuid?.() !== 0) return "installing them needs root";
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update"], { env, say, log });
    await run("apt-get", ["install", "-y", "--no-install-recommends", ...DEBIAN], { env, say, log });
    mkdirSync("/usr/lib/rustlib/wasm32-unknown-unknown/lib", { recursive: true }); // wasm-pack looks whether it is there, not into it
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return error.reason;
    throw error;
  }
}
