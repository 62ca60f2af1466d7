// A module with the pool's exports and a worker loop of one's choice, assembled by hand: for tests of what happens when a worker goes wrong.

const READY = 1024; // addresses of the two words
const TRAPPED = 1028;
const SLEEP = 1032;

/** Signed LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    const last = rest >> 6n === 0n || rest >> 6n === -1n;
    bytes.push(last ? byte : byte | 0x80);
    if (last) return bytes;
  }
}

const constant = (value: number): number[] => [0x41, ...leb(value)];
const section = (id: number, content: number[]): number[] => [id, ...leb(content.length), ...content];
const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
const body = (...code: number[][]): number[] => {
  const bytes = [0, ...code.flat(), 0x0b];
  return [...leb(bytes.length), ...bytes];
};

/** What a worker's loop does, one after the other. */
export const steps = {
  /** `(drop (i32.atomic.rmw.add (i32.const READY) (i32.const 1)))` */
  enter: [...constant(READY), ...constant(1), 0xfe, 0x1e, 2, 0, 0x1a],
  /** `(drop (memory.atomic.wait32 (i32.const SLEEP) (i32.const 0) (i64.const -1)))`: until `wake`. */
  sleep: [...constant(SLEEP), ...constant(0), 0x42, 0x7f, 0xfe, 1, 2, 0, 0x1a],
  /** `(unreachable)` */
  trap: [0x00],
} as const;

/** Lets all workers go on that sleep in this memory. */
export function wake(memory: WebAssembly.Memory): void {
  Atomics.notify(new Int32Array(memory.buffer), SLEEP / 4);
}

/** `loop` empty: the worker returns at once. With `unknownImport` a worker cannot even instantiate it as the runtime does. */
export function poolModule(loop: readonly (readonly number[])[], { unknownImport = false } = {}): WebAssembly.Module {
  const memory = [...name("m"), ...name("memory"), 2, 3, 1, 0x80, 0x80, 4]; // shared, 1 to 65,536 pages
  const extra = unknownImport ? [...name("m"), ...name("surprise"), 0, 0] : [];
  const first = unknownImport ? 1 : 0; // imported functions come first in the numbering
  const exported = ["pool_ready_address", "pool_trapped_address", "pool_configure", "worker_loop"];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0]), // () → i32, (i32) → ()
      ...section(2, [1 + first, ...memory, ...extra]),
      ...section(3, [4, 0, 0, 1, 1]),
      ...section(7, [4, ...exported.flatMap((text, i) => [...name(text), 0, first + i])]),
      ...section(10, [
        4,
        ...body(constant(READY)),
        ...body(constant(TRAPPED)),
        ...body(),
        ...body(...loop.map((step) => [...step])),
      ]),
    ]),
  );
}
