import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { countFlops } from "./flops.ts";

export type Activation = "relu" | "gelu" | "geluTanh";
/** The kernel's numbers for them. */
const ACTIVATION = { none: 0, relu: 1, gelu: 2, geluTanh: 3 } as const;

/** Throws `RANGE` for a name that is none of them. */
export function expectActivation(activation: Activation | undefined): void {
  if (activation === undefined || Object.hasOwn(ACTIVATION, activation)) return;
  throw new FoveaError("RANGE", `linear: activation must be "relu", "gelu" or "geluTanh", got ${JSON.stringify(activation)}`);
}

/**
 * `out = activation(op(a) · op(b) + bias)`: `op(a)` is `[m, k]`, `op(b)` `[k, n]`; a transposed one lies in memory the other way
 * round.
 */
export interface Product {
  a: Tensor;
  b: Tensor;
  out: Tensor;
  m: number;
  n: number;
  k: number;
  batch?: number;
  aBatch?: number;
  bBatch?: number;
  transposeA?: boolean;
  transposeB?: boolean;
  bias?: Tensor | null;
  pre?: Tensor | null;
  activation?: Activation | undefined;
}

export function product({
  batch = 1,
  aBatch = batch,
  bBatch = batch,
  activation,
  bias = null,
  pre = null,
  ...rest
}: Product): void {
  const { a, b, out, m, n, k, transposeA = false, transposeB = false } = rest;
  if (out.length === 0) return;
  const code = ACTIVATION[activation ?? "none"];
  countFlops(2 * batch * m * n * k);
  kernels.matmul({ a, b, bias, out, pre, batch, aBatch, bBatch, m, n, k, transposeA, transposeB, activation: code });
}
