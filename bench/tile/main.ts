/**
 * `npm run bench:tile`: every candidate for the register tile, both operands in L1, in GFLOP/s. The winner is written out in
 * `crates/kernels/src/gemm/tile/wasm.rs`; run this again when an engine or a processor has changed.
 */
import wabt from "wabt";
import { timeOnce } from "../time.ts";
import { type Candidate, candidates, nameOf } from "./candidate.ts";
import { textOf } from "./text.ts";

const STEPS = 256;
/** Rows of the left operand, a line and a half longer than its steps: a power of two would share cache sets. */
const STRIDE_BYTES = 4 * (2 * STEPS + 24);
/** Where the operands and the result lie. */
const [LEFT, PANEL, OUT] = [0, 1 << 20, 2 << 20];
const TIMES = 1_000;
const RUNS = 25;

type Tile = (k: number, a: number, stride: number, panel: number, out: number, times: number) => void;

async function assemble(fused: boolean): Promise<Record<string, Tile>> {
  const { parseWat } = await wabt();
  const functions = candidates.map((candidate, i) => textOf(candidate, fused, String(i)));
  const text = `(module (memory (export "memory") 64)\n${functions.join("\n")})`;
  const { buffer } = parseWat("tile.wat", text, { simd: true, relaxed_simd: true }).toBinary({});
  const { instance } = await WebAssembly.instantiate(buffer as Uint8Array<ArrayBuffer>);
  const { memory, ...tiles } = instance.exports;
  new Float32Array((memory as WebAssembly.Memory).buffer).fill(0.5);
  return tiles as Record<string, Tile>;
}

function gflops({ height, vectors }: Candidate, tile: Tile): number {
  const run = () => tile(STEPS, LEFT, STRIDE_BYTES, PANEL, OUT, TIMES);
  const quickest = Math.min(...Array.from({ length: RUNS }, () => timeOnce(run).medianMs));
  return (2 * height * 4 * vectors * STEPS * TIMES) / quickest / 1e6;
}

const apart = await assemble(false);
let fused: Record<string, Tile> | null = null;
try {
  fused = await assemble(true);
} catch (error) {
  if (!(error instanceof WebAssembly.CompileError)) throw error;
  console.log("This engine has no relaxed SIMD: multiplications and additions apart only. Node 24 has it.");
}
console.log("GFLOP/s".padEnd(48), "fused".padStart(7), "apart".padStart(7));
candidates.forEach((candidate, i) => {
  const cell = (tiles: Record<string, Tile> | null) => (tiles ? gflops(candidate, tiles[i]!).toFixed(1) : "").padStart(7);
  console.log(nameOf(candidate).padEnd(48), cell(fused), cell(apart));
});
