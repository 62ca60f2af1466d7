import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { axisOf, expectDType, formatShape, sameShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { copyInto, copyOutOf, startsOf } from "./parts.ts";

/**
 * Tensors of one dtype one after the other along `axis`; their other axes must agree. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function concat(tensors: readonly Tensor[], { axis = 0 }: { axis?: number } = {}): Tensor {
  return joined("concat", tensors, axis);
}

/** Tensors of one shape and dtype along a new axis. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`. */
export function stack(tensors: readonly Tensor[], { axis = 0 }: { axis?: number } = {}): Tensor {
  for (const tensor of tensors) expectAlive("stack", tensor);
  const shape = tensors[0]?.shape ?? [];
  if (!tensors.every((tensor) => sameShape(tensor.shape, shape)))
    throw new FoveaError(
      "SHAPE",
      `stack: shapes must be the same, got ${tensors.map((tensor) => formatShape(tensor.shape)).join(", ")}`,
    );
  const at = axisOf("stack", axis, [...shape, 1]);
  return scope(() =>
    joined(
      "stack",
      tensors.map((tensor) => tensor.reshape(tensor.shape.toSpliced(at, 0, 1))),
      at,
    ),
  );
}

function joined(op: string, tensors: readonly Tensor[], axis: number): Tensor {
  const { first, at } = checkArguments(op, tensors, axis);
  const { starts, total } = startsOf(tensors.map((tensor) => tensor.shape[at]!));
  const out = empty(first.shape.with(at, total), first.dtype);
  for (const [i, tensor] of tensors.entries()) copyInto(tensor, out, at, starts[i]!);
  return record(out, tensors, [], (dOut, grads) =>
    starts.map((start, i) => {
      if (!grads.wants(i)) return null;
      const part = grads.empty(i);
      copyOutOf(dOut, part, at, start);
      return part;
    }),
  );
}

function checkArguments(op: string, tensors: readonly Tensor[], axis: number): { first: Tensor; at: number } {
  const first = tensors[0];
  if (first === undefined) throw new FoveaError("SHAPE", `${op}: needs at least one tensor, got none`);
  for (const tensor of tensors) expectAlive(op, tensor);
  expectDType(op, Object.fromEntries(tensors.map((tensor, i) => [`tensor ${i}`, tensor])), first.dtype);
  const at = axisOf(op, axis, first.shape);
  for (const tensor of tensors)
    if (tensor.shape.length !== first.shape.length || !sameShape(tensor.shape.with(at, 0), first.shape.with(at, 0)))
      throw new FoveaError(
        "SHAPE",
        `${op}: shapes may differ along axis ${axis} only, got ${tensors.map((t) => formatShape(t.shape)).join(", ")}`,
      );
  return { first, at };
}
