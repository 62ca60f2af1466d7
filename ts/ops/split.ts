import { recordMany } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { axisOf, formatShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { copyInto, copyOutOf, startsOf } from "./parts.ts";

/**
 * Parts of `x`, of any dtype, along `axis`, as copies: of `sizes` positions each, the last of what is left; or of these sizes, which
 * must come to that of the axis. Throws `RANGE`, `DISPOSED`.
 */
export function split(x: Tensor, sizes: number | readonly number[], { axis = 0 }: { axis?: number } = {}): Tensor[] {
  expectAlive("split", x);
  const at = axisOf("split", axis, x.shape);
  const length = x.shape[at]!;
  const all = typeof sizes === "number" ? equalParts(length, sizes) : sizes;
  const { starts, total } = startsOf(all);
  if (!all.every((size) => Number.isInteger(size) && size >= 0) || total !== length || all.length === 0)
    throw new FoveaError(
      "RANGE",
      `split: sizes must come to ${length}, axis ${axis} of ${formatShape(x.shape)}, got ${JSON.stringify(sizes)}`,
    );
  const outs = all.map((size, i) => {
    const out = empty(x.shape.with(at, size), x.dtype);
    copyOutOf(x, out, at, starts[i]!);
    return out;
  });
  recordMany(outs, [x], [], (dOuts, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0 && dOuts.includes(null)) kernels.fill({ out: dX, n: dX.length, value: 0 });
    dOuts.forEach((dOut, i) => {
      if (dOut) copyInto(dOut, dX, at, starts[i]!);
    });
    return [dX];
  });
  return outs;
}

/** `x`, of any dtype, in `chunks` parts along `axis`, of equal sizes but the last; fewer if there is not enough. As `split`. */
export function chunk(x: Tensor, chunks: number, { axis = 0 }: { axis?: number } = {}): Tensor[] {
  expectAlive("chunk", x);
  if (!Number.isInteger(chunks) || chunks < 1) throw new FoveaError("RANGE", `chunk: chunks must be at least 1, got ${chunks}`);
  const length = x.shape[axisOf("chunk", axis, x.shape)]!;
  return split(x, length === 0 ? Array<number>(chunks).fill(0) : Math.ceil(length / chunks), { axis });
}

function equalParts(length: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) return [Number.NaN];
  return Array.from({ length: Math.max(1, Math.ceil(length / size)) }, (_, i) => Math.min(size, length - i * size));
}
