import type { RivalCase } from "../case.ts";
import type { Inputs } from "../inputs.ts";
import type { LoadOptions, Participant, Results, Running } from "../participant.ts";

export type RustCrate = "candle" | "burn";

/** Where the crates are put when built, from this bench's folder. Not in version control. */
export const RUST_OUT = "../../.setup/rivals/rust/";

/** What wasm-bindgen makes of a crate. */
interface Glue {
  default(options: { module_or_path: Uint8Array<ArrayBuffer> }): Promise<unknown>;
  start(each: string, inputs: RustInputs): RustRunning;
  Inputs: new () => RustInputs;
}

interface RustInputs {
  setFloats(name: string, values: Float32Array): void;
  setInts(name: string, values: Int32Array): void;
}

interface RustRunning {
  run(): void;
  /** The names of what it computed. */
  result(): string[];
  take(name: string): Float32Array;
  free(): void;
}

/** A crate of `rust/`. It has one thread. */
export async function loadRust(crate: RustCrate, { read, folder }: LoadOptions): Promise<Participant> {
  const glue: Glue = await import(new URL(`${RUST_OUT}rival_${crate}.js`, folder).href);
  await glue.default({ module_or_path: await read(`${RUST_OUT}rival_${crate}_bg.wasm`) });
  const manifest = new TextDecoder().decode(await read(`rust/${crate}/Cargo.toml`));
  return {
    about: { version: pinned(crate, manifest), variant: "wasm simd", threads: 1 },
    refusal: () => null,
    start: (each, inputs) => start(glue, each, inputs),
  };
}

/** The version of the library's own crate in a manifest. */
function pinned(crate: RustCrate, manifest: string): string {
  const version = new RegExp(`^${crate}(?:-core)? = .*?"=(.+?)"`, "m").exec(manifest)?.[1];
  if (!version) throw new Error(`rust/${crate}/Cargo.toml pins no version of ${crate}`);
  return version;
}

function start(glue: Glue, each: RivalCase, inputs: Inputs): Running {
  const given = new glue.Inputs();
  for (const [name, values] of Object.entries(inputs)) {
    if (values instanceof Float32Array) given.setFloats(name, values);
    else given.setInts(name, values);
  }
  const running = glue.start(JSON.stringify(each), given);
  return {
    run: () => running.run(),
    result: (): Results => Object.fromEntries(running.result().map((name) => [name, running.take(name)])),
    end: () => running.free(),
  };
}
