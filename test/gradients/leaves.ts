import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { random } from "../harness/random.ts";

/** A float32 leaf of normal numbers that wants a gradient; the same for the same seed. */
export function leaf(shape: readonly number[], seed = 1, spread = 1): Tensor {
  const rng = random(seed);
  return tensor(
    Float32Array.from({ length: size(shape) }, () => spread * rng.normal()),
    shape,
    { requiresGrad: true },
  );
}

/** At least 0.25 from 0, so that a step of finite differences does not cross ReLU's corner. */
export function awayFromZero(shape: readonly number[], seed = 1): Tensor {
  const rng = random(seed);
  const draw = () => (rng.next() < 0.5 ? -1 : 1) * (0.25 + rng.next());
  return tensor(Float32Array.from({ length: size(shape) }, draw), shape, { requiresGrad: true });
}

/** From 0.5 to 2.5. */
export function positive(shape: readonly number[], seed = 1): Tensor {
  const rng = random(seed);
  return tensor(
    Float32Array.from({ length: size(shape) }, () => 0.5 + 2 * rng.next()),
    shape,
    { requiresGrad: true },
  );
}

/** Multiples of a half from −4 to 3.5 in no order: no step of finite differences makes another the largest. For at most 16 elements. */
export function spaced(shape: readonly number[]): Tensor {
  return tensor(
    Float32Array.from({ length: size(shape) }, (_, i) => 0.5 * ((i * 7 + 3) % 16) - 4),
    shape,
    { requiresGrad: true },
  );
}

export const int32 = (values: number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Int32Array.from(values), shape);

/** 1 with probability `share`; the first of each row is 1, so that no row is empty by chance. */
export function flags(shape: readonly number[], share: number, seed = 1): Tensor {
  const rng = random(seed);
  const cols = shape.at(-1)!;
  const values = Uint8Array.from({ length: size(shape) }, (_, i) => (i % cols === 0 || rng.next() < share ? 1 : 0));
  return tensor(values, shape, { dtype: "bool" });
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
