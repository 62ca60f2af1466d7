import { Blocks, roundToClass } from "./blocks.ts";
import { FoveaError } from "./errors.ts";

const UNIT = 64; // a cache line: no two blocks share one, and every vector load is aligned
const PAGE = 65_536;
const UNITS_PER_PAGE = PAGE / UNIT;
// Memory grows by a quarter of its size, within these: seldom enough that borrowed views last, small enough to waste little.
const LEAST_GROWTH = 1 << 20;
const MOST_GROWTH = 64 << 20;

/** Scratch and tensors in one wasm memory. Only stretches that this heap itself got by growing the memory are ever handed out. */
export class Heap {
  #memory: WebAssembly.Memory | null = null;
  #blocks = new Blocks();
  #limit = 0;
  #used = 0;
  #peak = 0;
  #epoch = 0;

  /** Starts over in `memory`, whose maximum is `limit` bytes. Whatever was allocated before is gone. */
  open(memory: WebAssembly.Memory, limit: number): void {
    this.close();
    this.#memory = memory;
    this.#limit = limit;
  }

  /** Forgets the memory. What was allocated in it is no longer alive. */
  close(): void {
    this.#memory = null;
    this.#blocks = new Blocks();
    this.#limit = this.#used = this.#peak = 0;
    this.#epoch += 1;
  }

  /** Counts the memories so far: an address is only good in the epoch it was given out in. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Bytes lent out. */
  get used(): number {
    return this.#used;
  }

  /** The most bytes lent out at once, since `open` or `resetPeak`. */
  get peak(): number {
    return this.#peak;
  }

  /** Bytes the memory may grow to. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes the memory has grown to, the module's own data and stacks among them. */
  get size(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** From here on `peak` is the peak of what follows. */
  resetPeak(): void {
    this.#peak = this.#used;
  }

  /** The address of `bytes` of uninitialised memory, 64-byte aligned and never 0. Throws `OUT_OF_MEMORY`, and changes nothing then. */
  allocate(bytes: number): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new FoveaError("RANGE", `allocate: bytes must be a whole number of at least 0, got ${bytes}`);
    }
    const memory = this.#open();
    if (bytes > this.#limit) this.#refuse(bytes);
    const size = roundToClass(Math.max(1, Math.ceil(bytes / UNIT)));
    let start = this.#blocks.take(size);
    // Once, unless Rust's own allocator has grown the memory in between: then the new stretch does not extend the last one.
    while (start < 0) {
      this.#grow(memory, size, bytes);
      start = this.#blocks.take(size);
    }
    this.#used += size * UNIT;
    this.#peak = Math.max(this.#peak, this.#used);
    return start * UNIT;
  }

  /** Takes back what `allocate` gave. */
  free(ptr: number): void {
    const size = this.#blocks.give((ptr >>> 0) / UNIT);
    if (size < 0) throw new FoveaError("STATE", `free: nothing is allocated at ${ptr}; each address is freed once`);
    this.#used -= size * UNIT;
  }

  /** A view of `length` floats at `ptr`. Like every view it is a borrow: growing memory may detach it. */
  f32(ptr: number, length: number): Float32Array {
    return new Float32Array(this.#open().buffer, ptr >>> 0, length);
  }

  /** A view of `length` 32-bit integers at `ptr`. */
  i32(ptr: number, length: number): Int32Array {
    return new Int32Array(this.#open().buffer, ptr >>> 0, length);
  }

  /** A view of `length` bytes at `ptr`. */
  u8(ptr: number, length: number): Uint8Array {
    return new Uint8Array(this.#open().buffer, ptr >>> 0, length);
  }

  #open(): WebAssembly.Memory {
    if (this.#memory) return this.#memory;
    throw new FoveaError("STATE", "memory: there is none before init() and after dispose(); call await init() first");
  }

  /** Makes room for a block of `size` units: more than that if memory allows, exactly that if it does not. */
  #grow(memory: WebAssembly.Memory, size: number, bytes: number): void {
    const present = memory.buffer.byteLength;
    const missing = size - this.#blocks.tail(present / UNIT);
    const needed = Math.ceil(missing / UNITS_PER_PAGE);
    const wished = Math.ceil(Math.min(Math.max(present / 4, LEAST_GROWTH), MOST_GROWTH) / PAGE);
    const available = Math.floor((this.#limit - present) / PAGE);
    if (needed > available) this.#refuse(bytes);
    const start = growBy(memory, Math.min(Math.max(needed, wished), available)) ?? growBy(memory, needed);
    if (!start) this.#refuse(bytes);
    this.#blocks.add(start.page * UNITS_PER_PAGE, start.pages * UNITS_PER_PAGE);
  }

  #refuse(bytes: number): never {
    const figures = `${count(bytes)} bytes asked for, ${count(this.#used)} in use, the limit is ${count(this.#limit)}`;
    throw new FoveaError(
      "OUT_OF_MEMORY",
      `allocate: memory is full, ${figures}; free tensors with scope() or use smaller batches`,
    );
  }
}

/** The memory of the running module. */
export const heap = new Heap();

function growBy(memory: WebAssembly.Memory, pages: number): { page: number; pages: number } | null {
  try {
    return { page: memory.grow(pages) >>> 0, pages };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const count = (bytes: number): string => bytes.toLocaleString("en-US");
