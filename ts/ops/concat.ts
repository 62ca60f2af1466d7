import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { kernels } from "../runtime/kernels.gen.ts";
import { axisOf, formatShape, sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { aroundAxis, expectFloat } from "./checks.ts";

/** Tensors one after the other along `axis`; their other axes must agree. Throws `SHAPE`, `RANGE`, `DTYPE`, `DISPOSED`. */
export function concat(tensors: readonly Tensor[], { axis = 0 }: { axis?: number } = {}): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new FoveaError("SHAPE", "concat: needs at least one tensor, got none");
  expectFloat("concat", Object.fromEntries(tensors.map((tensor, i) => [`tensor ${i}`, tensor])));
  const at = axisOf("concat", axis, first.shape);
  for (const tensor of tensors)
    if (tensor.shape.length !== first.shape.length || !sameShape(tensor.shape.with(at, 0), first.shape.with(at, 0)))
      throw new FoveaError(
        "SHAPE",
        `concat: shapes may differ along axis ${axis} only, got ${tensors.map((t) => formatShape(t.shape)).join(", ")}`,
      );
  const total = tensors.reduce((sum, tensor) => sum + tensor.shape[at]!, 0);
  const out = empty(first.shape.with(at, total));
  let start = 0;
  const starts = tensors.map((tensor) => {
    const own = start;
    copyInto(tensor, out, at, own);
    start += tensor.shape[at]!;
    return own;
  });
  const axes = tensors.map((tensor) => tensor.shape);
  return record(out, tensors, [], (dOut, grads) =>
    axes.map((_, i) => {
      if (!grads.wants(i)) return null;
      const part = grads.empty(i);
      copyOutOf(dOut, part, at, starts[i]!);
      return part;
    }),
  );
}

/** Places `part` in `whole`, from `start` on along `axis`. */
export function copyInto(part: Tensor, whole: Tensor, axis: number, start: number): void {
  if (part.length === 0) return;
  const { outer, length, inner } = aroundAxis(part.shape, axis);
  const cols = length * inner;
  const wholeStride = whole.shape[axis]! * inner;
  const sizes = { xLen: part.length, outLen: whole.length, rows: outer, cols };
  kernels.copyStrided({
    x: part,
    out: whole,
    ...sizes,
    xOffset: 0,
    xStride: cols,
    outOffset: start * inner,
    outStride: wholeStride,
  });
}

/** Fills `part` with what `whole` has from `start` on along `axis`. */
export function copyOutOf(whole: Tensor, part: Tensor, axis: number, start: number): void {
  if (part.length === 0) return;
  const { outer, length, inner } = aroundAxis(part.shape, axis);
  const cols = length * inner;
  const wholeStride = whole.shape[axis]! * inner;
  const sizes = { xLen: whole.length, outLen: part.length, rows: outer, cols };
  kernels.copyStrided({
    x: whole,
    out: part,
    ...sizes,
    xOffset: start * inner,
    xStride: wholeStride,
    outOffset: 0,
    outStride: cols,
  });
}
