/** What this engine can run, found by asking it to validate a tiny module for each. */
export interface Features {
  /** 128-bit vectors: without them Fovea does not run. */
  readonly simd: boolean;
  /** Fused multiply-add, whose last bit may differ between engines. */
  readonly relaxedSimd: boolean;
  /** Atomic instructions, and memory that workers can share. */
  readonly threads: boolean;
  /** Whether memory may be shared with workers here: in a page only if it is cross-origin isolated. */
  readonly isolated: boolean;
}

// (module (func (result v128) (i8x16.splat (i32.const 0))))
const SIMD = "0061736d01000000 010501600001 7b 03020100 0a08 01 06 00 4100 fd0f 0b";

// (module (func (result v128)
//   (f32x4.relaxed_madd (i8x16.splat (i32.const 0)) (i8x16.splat (i32.const 0)) (i8x16.splat (i32.const 0)))))
const RELAXED_SIMD = "0061736d01000000 010501600001 7b 03020100 0a13 01 11 00 4100fd0f 4100fd0f 4100fd0f fd8502 0b";

// (module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))
const THREADS = "0061736d01000000 0104016000 00 03020100 0504 01030101 0a0b 01 09 00 4100 fe100200 1a 0b";

/** The parts of an engine that are asked. */
export interface Engine {
  readonly WebAssembly?: { validate(bytes: Uint8Array<ArrayBuffer>): boolean };
  readonly SharedArrayBuffer?: unknown;
  /** Of pages and their workers alone. */
  readonly crossOriginIsolated?: boolean;
}

export function detectFeatures(engine: Engine = globalThis): Features {
  const takes = (hex: string): boolean => engine.WebAssembly?.validate(bytesOf(hex)) ?? false;
  const shares = typeof engine.SharedArrayBuffer === "function";
  return {
    simd: takes(SIMD),
    relaxedSimd: takes(RELAXED_SIMD),
    threads: takes(THREADS),
    isolated: shares && engine.crossOriginIsolated !== false,
  };
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
