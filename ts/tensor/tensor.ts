/// <reference lib="esnext.disposable" preserve="true" />
import { type Buffer, BYTES, type DType, type TypedArray } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { heap } from "../runtime/heap.ts";
import { settle, watch } from "./forgotten.ts";
import { gradEnabled } from "./gradMode.ts";
import { type Nested, nest } from "./nested.ts";
import { enter, leave, outsideScopes } from "./scope.ts";
import { formatShape, reshaped, type Shape, sizeOf } from "./shape.ts";
import { Storage } from "./storage.ts";

/** What the tape hangs on the tensor that an op made: where its gradient arrives and goes on from. */
export interface Recorded {
  retain(): void;
  release(): void;
  backward(from: Tensor, seed: Tensor | undefined): void;
}

/**
 * Numbers in wasm memory: `shape`, row-major, of one `dtype`. Made by `tensor`, `zeros`, … and by ops; ops never change their
 * arguments. A tensor owns its memory until `dispose`, or until the `scope` ends that it was made in.
 */
export class Tensor implements Buffer {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly length: number;

  // What follows is for this folder and the tape; see the functions below the class.
  /** @internal */ storage: Storage;
  /** @internal In bytes, from the start of the storage. */ offset: number;
  /** @internal The op output that this is, or is a reshape of; null for a leaf. */ recorded: Recorded | null = null;
  /** @internal The leaf that this is a reshape of; itself for every other tensor. */ leaf: Tensor = this;
  /** @internal Where the gradient of a leaf is written. */ gradSlot: Tensor | null = null;
  /** @internal Whether `gradSlot` holds a gradient. */ gradWritten = false;
  #requiresGrad = false;
  #freedBy: "dispose" | "scope" | null = null;
  #lent = 0;

  /** For the functions that make tensors: takes over one share of `storage`. */
  constructor(storage: Storage, offset: number, shape: Shape, dtype: DType, length: number) {
    this.storage = storage;
    this.offset = offset;
    this.shape = Object.freeze([...shape]);
    this.dtype = dtype;
    this.length = length;
    enter(this);
    watch(this, describe);
  }

  get ptr(): number {
    return this.storage.ptr + this.offset;
  }

  /** False once freed. */
  get alive(): boolean {
    return (this.#freedBy === null || this.#lent > 0) && this.storage.alive;
  }

  /** Whether `backward` computes a gradient for it: set on a leaf, true of what ops compute from one. */
  get requiresGrad(): boolean {
    return this.recorded !== null || this.leaf.#requiresGrad;
  }

  /** Throws `GRAD` for anything but a float32 leaf. */
  set requiresGrad(value: boolean) {
    if (value && this.dtype !== "float32") {
      throw new FoveaError("GRAD", `requiresGrad: only float32 tensors have gradients, got ${describe(this)}`);
    }
    if (this.recorded || this.leaf !== this) {
      throw new FoveaError(
        "GRAD",
        `requiresGrad: can only be set on a leaf, got the result of an op ${formatShape(this.shape)}; detach() it first`,
      );
    }
    this.#requiresGrad = value;
  }

  /** What `backward` has summed up here since `zeroGrad`; null before. It belongs to this tensor. */
  get grad(): Tensor | null {
    return this.gradWritten && this.gradSlot?.alive ? this.gradSlot : null;
  }

  /** The next gradient replaces the present one. */
  zeroGrad(): void {
    this.gradWritten = false;
  }

  /** A borrowed view of the values in wasm memory, no copy: read or write it at once, as later allocations may detach it. */
  view(): TypedArray {
    expectAlive("view", this);
    if (this.dtype === "float32") return heap.f32(this.ptr, this.length);
    return this.dtype === "int32" ? heap.i32(this.ptr, this.length) : heap.u8(this.ptr, this.length);
  }

  /** A copy of the values, in row-major order. */
  toArray(): TypedArray {
    expectAlive("toArray", this);
    return this.view().slice();
  }

  /** A copy of the values as arrays in arrays, one level per axis; of booleans for `bool`. A single number for `[]`. */
  toNested(): Nested {
    expectAlive("toNested", this);
    return nest(this.view(), this.shape, this.dtype);
  }

  /** The value of a tensor that has only one. Throws `SHAPE` if there are more. */
  item(): number {
    expectAlive("item", this);
    if (this.length !== 1)
      throw new FoveaError("SHAPE", `item: must have one element, got ${formatShape(this.shape)}; use toArray()`);
    return this.view()[0]!;
  }

  /** The same values in another shape, without a copy; gradients pass through. One size may be -1. Throws `SHAPE`. */
  reshape(shape: Shape): Tensor {
    expectAlive("reshape", this);
    const view = share(this, reshaped("reshape", this.shape, shape));
    if (!gradEnabled()) return view;
    view.leaf = this.leaf;
    view.recorded = this.recorded;
    view.recorded?.retain();
    return view;
  }

  /** The same values, without a copy and without a gradient. */
  detach(): Tensor {
    expectAlive("detach", this);
    return share(this, this.shape);
  }

  /**
   * Adds to the `grad` of every leaf with `requiresGrad` the gradient of this tensor with respect to it. A tensor of more than one
   * element needs `seed`, the gradient with respect to itself. Works once; it frees what the forward pass saved. Throws `GRAD`.
   */
  backward(seed?: Tensor): void {
    expectAlive("backward", this);
    if (!this.recorded) {
      const rule = this.requiresGrad ? "is a leaf itself" : "was not computed from any that requires a gradient";
      throw new FoveaError(
        "GRAD",
        `backward: tensor ${formatShape(this.shape)} ${rule}; set requiresGrad before computing from it`,
      );
    }
    this.recorded.backward(this, seed);
  }

  /** Frees it and its gradient; does nothing if that has happened. What shares its memory keeps its share. */
  dispose(): void {
    if (this.#freedBy === null) leave(this);
    this.#free("dispose");
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor(${describe(this)})`;
  }

  /** @internal */
  endScope(): void {
    this.#free("scope");
  }

  /** @internal Why it is no longer alive. */
  get end(): string {
    if (this.#freedBy === "scope") return "was freed when its scope ended; return it from the scope or keepAlive() it";
    return this.#freedBy ? "was freed by dispose()" : "went with the memory when the runtime was disposed";
  }

  /** @internal Alive again while the tape, which holds a share of the memory, runs a backward; `-1` ends that. */
  lend(by: 1 | -1): void {
    this.#lent += by;
  }

  #free(by: "dispose" | "scope"): void {
    if (this.#freedBy !== null) return;
    this.#freedBy = by;
    settle(this);
    this.storage.release();
    this.recorded?.release();
    this.gradSlot?.dispose();
  }
}

/** Throws `DISPOSED` if a tensor has been freed, saying how. */
export function expectAlive(op: string, tensor: Tensor): void {
  if (tensor.alive) return;
  throw new FoveaError("DISPOSED", `${op}: tensor ${describe(tensor)} ${tensor.end}`);
}

/** A tensor whose values are whatever was there: for a kernel to write. Throws `OUT_OF_MEMORY`. */
export function empty(shape: Shape, dtype: DType = "float32"): Tensor {
  const length = sizeOf("empty", shape);
  return new Tensor(new Storage(length * BYTES[dtype]), 0, shape, dtype, length);
}

/** `shape` elements of `tensor` from element `offset` on, sharing its memory. Knows nothing of gradients. Throws `RANGE`. */
export function slice(tensor: Tensor, offset: number, shape: Shape): Tensor {
  expectAlive("slice", tensor);
  const length = sizeOf("slice", shape);
  expectWithin("slice", tensor, offset, length);
  return new Tensor(tensor.storage.retain(), tensor.offset + offset * BYTES[tensor.dtype], shape, tensor.dtype, length);
}

/** All of `tensor` as `shape`, which has as many elements. */
function share(tensor: Tensor, shape: Shape): Tensor {
  return new Tensor(tensor.storage.retain(), tensor.offset, shape, tensor.dtype, tensor.length);
}

/** Moves the values of `tensor` into `flat`, from element `offset` on: it lives there from now on. Throws `RANGE`, `DTYPE`. */
export function rebind(tensor: Tensor, flat: Tensor, offset: number): void {
  expectAlive("rebind", tensor);
  expectPlace("rebind", tensor, flat, offset);
  const view = tensor.view();
  heap
    .u8(flat.ptr + offset * BYTES[flat.dtype], view.byteLength)
    .set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const before = tensor.storage;
  tensor.storage = flat.storage.retain();
  tensor.offset = flat.offset + offset * BYTES[flat.dtype];
  touch(tensor);
  before.release();
}

/** Makes the gradient of the leaf `tensor` live in `flat`, from element `offset` on. A gradient it has is lost. Throws `RANGE`, `DTYPE`. */
export function rebindGrad(tensor: Tensor, flat: Tensor, offset: number): void {
  expectAlive("rebindGrad", tensor);
  expectPlace("rebindGrad", tensor, flat, offset);
  const slot = outsideScopes(() => slice(flat, offset, tensor.shape));
  tensor.gradSlot?.dispose();
  tensor.gradSlot = slot;
  tensor.gradWritten = false;
}

/** Where the gradient of a leaf is to be written, made if need be. It belongs to the leaf. */
export function gradSlotOf(leaf: Tensor): Tensor {
  if (leaf.gradSlot?.alive) return leaf.gradSlot;
  leaf.gradSlot = outsideScopes(() => empty(leaf.shape));
  leaf.gradWritten = false;
  return leaf.gradSlot;
}

/** To be called after the values of `tensor` were changed in place: a backward that needs the old ones then refuses. */
export function touch(tensor: Tensor): void {
  tensor.storage.version += 1;
}

function expectPlace(op: string, tensor: Tensor, flat: Tensor, offset: number): void {
  expectAlive(op, flat);
  expectWithin(op, flat, offset, tensor.length);
  if (tensor.dtype !== flat.dtype)
    throw new FoveaError("DTYPE", `${op}: the flat tensor must be ${tensor.dtype}, got ${flat.dtype}`);
}

function expectWithin(op: string, tensor: Tensor, offset: number, length: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + length <= tensor.length) return;
  throw new FoveaError("RANGE", `${op}: elements ${offset} to ${offset + length} must be within ${formatShape(tensor.shape)}`);
}

const describe = (tensor: Tensor): string => `${tensor.dtype} ${formatShape(tensor.shape)}`;
