import { FoveaError } from "../runtime/errors.ts";
import { expectDType } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";

type Tensors = Readonly<Record<string, Tensor | null | undefined>>;

/**
 * Throws `DISPOSED` or `DTYPE` unless each tensor given is alive and float32: first of all, while nothing has been allocated yet.
 */
export function expectFloat(op: string, tensors: Tensors): void {
  for (const name in tensors) if (tensors[name]) expectAlive(op, tensors[name]);
  expectDType(op, tensors, "float32");
}

/** Elements of part of a shape that is known to be valid. */
export function count(sizes: readonly number[]): number {
  let product = 1;
  for (const size of sizes) product *= size;
  return product;
}

/** A shape as `[outer, length, inner]` about one axis. */
export function aroundAxis(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  return { outer: count(shape.slice(0, axis)), length: shape[axis]!, inner: count(shape.slice(axis + 1)) };
}

/** Throws `RANGE` unless 0 ≤ p ≤ 1. */
export function expectProbability(op: string, name: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new FoveaError("RANGE", `${op}: ${name} must be from 0 to 1, got ${p}`);
}
