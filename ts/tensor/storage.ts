import { heap } from "../runtime/heap.ts";

/** One allocation, shared by the tensors that show parts of it and freed with the last of them. */
export class Storage {
  readonly ptr: number;
  readonly bytes: number;
  /** Goes up whenever the values are changed in place. */
  version = 0;
  #owners = 1;
  readonly #epoch = heap.epoch;

  /** Throws `OUT_OF_MEMORY`. The values are whatever was there. */
  constructor(bytes: number) {
    this.ptr = heap.allocate(bytes);
    this.bytes = bytes;
  }

  /** False once all owners have gone, or the memory itself. */
  get alive(): boolean {
    return this.#owners > 0 && this.#epoch === heap.epoch;
  }

  /** Whether more than one owner would see a write. */
  get shared(): boolean {
    return this.#owners > 1;
  }

  retain(): this {
    this.#owners += 1;
    return this;
  }

  release(): void {
    this.#owners -= 1;
    if (this.#owners === 0 && this.#epoch === heap.epoch) heap.free(this.ptr);
  }
}
