import type { DType, TypedArray } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { flatten, type Nested } from "./nested.ts";
import { rng } from "./rng.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { empty, type Tensor } from "./tensor.ts";

export interface TensorOptions {
  /** Default: what the data is (booleans give `bool`, an Int32Array `int32`), otherwise `float32`. */
  dtype?: DType;
  /** Whether `backward` computes its gradient. Default false. */
  requiresGrad?: boolean;
}

/** What `tensor` takes: arrays in arrays of one length per axis, or a typed array. */
export type TensorData = Nested | TypedArray | Float64Array;

/**
 * A tensor with a copy of `data`, in the shape of the data or in `shape`. Values are checked, not bent: an `int32` must be a whole number
 * in range and a `bool` 0, 1, true or false. Throws `SHAPE`, `DTYPE`, `RANGE`.
 *
 *     tensor([[1, 2], [3, 4]])                        // float32 [2, 2]
 *     tensor(new Int32Array(ids), [batch, seqLen])
 *     tensor([1, 0], { dtype: "bool" })
 */
export function tensor(data: TensorData, shape?: Shape, options?: TensorOptions): Tensor;
export function tensor(data: TensorData, options?: TensorOptions): Tensor;
export function tensor(data: TensorData, second?: Shape | TensorOptions, third?: TensorOptions): Tensor {
  const shape = Array.isArray(second) ? (second as Shape) : undefined;
  const options = third ?? (shape ? undefined : (second as TensorOptions | undefined)) ?? {};
  if (ArrayBuffer.isView(data)) return fromValues(data, shape ?? [data.length], options.dtype ?? dtypeOfView(data), options);
  const { shape: found, values } = flatten("tensor", data);
  const dtype = options.dtype ?? (values.length > 0 && values.every((value) => typeof value === "boolean") ? "bool" : "float32");
  return fromValues(values, shape ?? found, dtype, options);
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 1, options);
}

/** A tensor that is `value` everywhere. Throws `RANGE` if the dtype cannot hold it. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  const dtype = options.dtype ?? "float32";
  const element = numberOf("full", value, dtype, "value");
  sizeOf("full", shape);
  return filled(shape, dtype, options, (view) => view.fill(element));
}

/** Random numbers of mean 0 and standard deviation 1, from the library's generator (`manualSeed`). */
export function randn(shape: Shape, options: { requiresGrad?: boolean } = {}): Tensor {
  sizeOf("randn", shape);
  return filled(shape, "float32", options, (view) => {
    for (let i = 0; i < view.length; i += 1) view[i] = rng.normal();
  });
}

/** Random numbers evenly spread from `low` (default 0) up to `high` (default 1), from the library's generator (`manualSeed`). */
export function uniform(shape: Shape, options: { low?: number; high?: number; requiresGrad?: boolean } = {}): Tensor {
  const { low = 0, high = 1 } = options;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new FoveaError("RANGE", `uniform: low must be finite and at most high, got low ${low}, high ${high}`);
  }
  sizeOf("uniform", shape);
  return filled(shape, "float32", options, (view) => {
    for (let i = 0; i < view.length; i += 1) view[i] = low + (high - low) * rng.uniform();
  });
}

/** `start`, `start + step`, … up to and without `end`. `arange(end)` starts at 0. `int32` if all three are whole, otherwise `float32`. */
export function arange(end: number): Tensor;
export function arange(start: number, end: number, options?: { step?: number; dtype?: DType }): Tensor;
export function arange(first: number, second?: number, options: { step?: number; dtype?: DType } = {}): Tensor {
  const [start, end] = second === undefined ? [0, first] : [first, second];
  const { step = 1 } = options;
  const length = Math.ceil((end - start) / step);
  if (!(Number.isFinite(length) && length >= 0 && Number.isFinite(start))) {
    throw new FoveaError("RANGE", `arange: step must lead from start to end, got start ${start}, end ${end}, step ${step}`);
  }
  const dtype = options.dtype ?? ([start, end, step].every(Number.isInteger) ? "int32" : "float32");
  sizeOf("arange", [length]);
  for (const bound of length > 0 ? [start, start + (length - 1) * step] : []) numberOf("arange", bound, dtype, "values");
  return filled([length], dtype, {}, (view) => {
    for (let i = 0; i < length; i += 1) view[i] = start + i * step;
  });
}

function filled(shape: Shape, dtype: DType, options: TensorOptions, fill: (view: TypedArray) => void): Tensor {
  expectGradDType(dtype, options);
  const made = empty(shape, dtype);
  fill(made.view());
  if (options.requiresGrad) made.requiresGrad = true;
  return made;
}

function fromValues(values: ArrayLike<unknown>, shape: Shape, dtype: DType, options: TensorOptions): Tensor {
  if (sizeOf("tensor", shape) !== values.length) {
    throw new FoveaError(
      "SHAPE",
      `tensor: shape must hold all of the data, got ${values.length} elements for ${formatShape(shape)}`,
    );
  }
  // Checked whole before memory is taken. A view of the right type needs no look at each element.
  const checked = isOf(values, dtype)
    ? values
    : Array.from(values, (value, index) => numberOf("tensor", value, dtype, `element ${index}`));
  return filled(shape, dtype, options, (view) => view.set(checked));
}

const isOf = (values: ArrayLike<unknown>, dtype: DType): values is TypedArray =>
  dtype === "float32"
    ? values instanceof Float32Array || values instanceof Float64Array
    : dtype === "int32" && values instanceof Int32Array;

function dtypeOfView(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  const kind = data.constructor.name;
  const advice =
    data instanceof Uint8Array ? `{ dtype: "bool" } for a mask` : `{ dtype: "float32" } or { dtype: "int32" } to convert`;
  throw new FoveaError("DTYPE", `tensor: a typed array must be Float32Array or Int32Array, got ${kind}; say ${advice}`);
}

function expectGradDType(dtype: DType, options: TensorOptions): void {
  if (!options.requiresGrad || dtype === "float32") return;
  throw new FoveaError("GRAD", `requiresGrad: only float32 tensors have gradients, got ${dtype}`);
}

/** `value` as the dtype's number. Throws `DTYPE` if it is none, `RANGE` if the dtype cannot hold it. */
function numberOf(op: string, value: unknown, dtype: DType, what: string): number {
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new FoveaError(
      "DTYPE",
      `${op}: ${what} must be a number, got ${value === undefined ? "nothing" : `${typeof value} ${String(value)}`}`,
    );
  }
  const number = Number(value);
  if (dtype === "int32" && (number | 0) !== number) {
    throw new FoveaError("RANGE", `${op}: ${what} must be a whole number of 32 bits for int32, got ${number}`);
  }
  if (dtype === "bool" && number !== 0 && number !== 1)
    throw new FoveaError("RANGE", `${op}: ${what} must be 0 or 1 for bool, got ${number}`);
  return number;
}
