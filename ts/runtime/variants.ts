import { FoveaError } from "./errors.ts";
import type { Features } from "./features.ts";

export type VariantName = "simd" | "simd-threads" | "relaxed" | "relaxed-threads";

export interface Variant {
  readonly name: VariantName;
  /** Fused multiply-add: quicker, its last bit up to the engine. */
  readonly relaxed: boolean;
  readonly threads: boolean;
  /** The wasm file; written out so that bundlers find it. */
  readonly url: URL;
}

/** Best first. Threads come before fused multiply-adds: two cores double what a fused multiply-add adds a third to. */
export const VARIANTS: readonly Variant[] = [
  {
    name: "relaxed-threads",
    relaxed: true,
    threads: true,
    url: new URL("../../wasm/relaxed-threads/fovea_bg.wasm", import.meta.url),
  },
  { name: "simd-threads", relaxed: false, threads: true, url: new URL("../../wasm/simd-threads/fovea_bg.wasm", import.meta.url) },
  { name: "relaxed", relaxed: true, threads: false, url: new URL("../../wasm/relaxed/fovea_bg.wasm", import.meta.url) },
  { name: "simd", relaxed: false, threads: false, url: new URL("../../wasm/simd/fovea_bg.wasm", import.meta.url) },
];

export interface Wishes {
  variant?: VariantName | undefined;
  threads?: number | undefined;
  deterministic?: boolean | undefined;
}

/** What will run, and why nothing better. */
export interface Plan {
  readonly variant: Variant;
  readonly variantReason: string;
  /** Threads to start with, the caller's among them. */
  readonly threads: number;
  readonly threadsReason: string;
  /** Whether threads were wanted and cannot be had. */
  readonly withheld: boolean;
}

const MOST_THREADS = 64;
const DEFAULT_THREADS = 8; // beyond that the kernels' memory traffic is the limit on the machines we know

/**
 * The best variant that fits the engine and the wishes. `cores` is how many the machine has. Throws `UNSUPPORTED` if the engine
 * cannot run what is asked, `RANGE` for wishes that contradict each other.
 */
export function plan(features: Features, wishes: Wishes, cores: number): Plan {
  expectWishes(wishes);
  if (!features.simd) {
    throw new FoveaError(
      "UNSUPPORTED",
      "init: this engine has no WebAssembly SIMD, which Fovea needs; use one released after 2021",
    );
  }
  const threads = planThreads(features, wishes, cores);
  const { variant, reason } = planVariant(features, wishes, threads.count > 1);
  return { variant, variantReason: reason, threads: threads.count, threadsReason: threads.reason, withheld: threads.withheld };
}

function planThreads(
  features: Features,
  { variant, threads }: Wishes,
  cores: number,
): { count: number; reason: string; withheld: boolean } {
  const granted = (count: number, reason: string) => ({ count, reason, withheld: false });
  if (threads === 1) return granted(1, "one thread was asked for");
  if (variant && !byName(variant).threads) return granted(1, `the variant ${variant} has one`);
  if (threads === undefined && cores < 2) return granted(1, "this machine has one core");
  if (!features.threads) return { count: 1, reason: "this engine has no WebAssembly threads", withheld: true };
  if (!features.isolated) {
    const headers = "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
    return { count: 1, reason: `this page is not cross-origin isolated; serve it with ${headers}`, withheld: true };
  }
  if (threads !== undefined) return granted(threads, `${threads} threads were asked for`);
  return cores > DEFAULT_THREADS
    ? granted(DEFAULT_THREADS, `of ${cores} cores, ${DEFAULT_THREADS} unless more are asked for`)
    : granted(cores, `this machine has ${cores} cores`);
}

function planVariant(features: Features, wishes: Wishes, threads: boolean): { variant: Variant; reason: string } {
  if (wishes.variant) {
    const variant = byName(wishes.variant);
    const missing = missingFor(variant, features);
    if (missing)
      throw new FoveaError(
        "UNSUPPORTED",
        `init: the variant ${variant.name} cannot run, ${missing}; leave variant out for the best that can`,
      );
    return { variant, reason: "it was asked for" };
  }
  const relaxed = features.relaxedSimd && !wishes.deterministic;
  const variant = VARIANTS.find((candidate) => candidate.relaxed === relaxed && candidate.threads === threads)!;
  const strict = wishes.deterministic ? "deterministic keeps to the strict ones" : "this engine has no relaxed SIMD";
  const reasons = [...(relaxed ? [] : [strict]), ...(threads ? [] : ["it runs on one thread"])];
  return { variant, reason: reasons.length > 0 ? reasons.join("; ") : "the best there is" };
}

function missingFor(variant: Variant, features: Features): string | null {
  if (variant.relaxed && !features.relaxedSimd) return "this engine has no relaxed SIMD";
  if (variant.threads && !features.threads) return "this engine has no WebAssembly threads";
  return variant.threads && !features.isolated ? "this page is not cross-origin isolated" : null;
}

function byName(name: VariantName): Variant {
  const variant = VARIANTS.find((candidate) => candidate.name === name);
  if (variant) return variant;
  const names = VARIANTS.map((candidate) => candidate.name).join(", ");
  throw new FoveaError("RANGE", `init: variant must be one of ${names}, got ${String(name)}`);
}

function expectWishes({ variant, threads, deterministic }: Wishes): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw new FoveaError("RANGE", `init: threads must be a whole number from 1 to ${MOST_THREADS}, got ${String(threads)}`);
  }
  if (!variant) return;
  if (deterministic && byName(variant).relaxed) {
    throw new FoveaError(
      "RANGE",
      `init: deterministic keeps to the strict variants, got variant ${variant}; leave one of the two out`,
    );
  }
  if (threads !== undefined && threads > 1 && !byName(variant).threads) {
    throw new FoveaError(
      "RANGE",
      `init: the variant ${variant} has one thread, got threads ${threads}; ask for ${variant}-threads`,
    );
  }
}
