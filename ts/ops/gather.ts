import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { scope } from "../tensor/scope.ts";
import { axisOf, expectAxes, expectDType, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { aroundAxis, expectFloat } from "./checks.ts";
import { pad } from "./pad.ts";
import { slice } from "./slice.ts";

/**
 * Elements of `x` by their position along `axis`: `out[i, j, k] = x[i, index[i, j, k], k]` for the middle axis of three. `index`, int32,
 * has as many axes as `x`, and along the others at most as many elements; out has the shape of `index`.
 *
 * Throws `RANGE` for an index outside of the axis, `SHAPE`, `DTYPE`, `DISPOSED`.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = checkArguments("gather", x, axis, index);
  expectFits("gather", x, index, at);
  return scope(() => {
    const sides = index.shape.map((size, i) => (i === at ? null : { end: size }));
    const part = sides.every((side, i) => side === null || side.end === x.shape[i]) ? x : slice(x, sides);
    return picked(part, at, index, index.shape, false);
  });
}

/**
 * Positions `index`, int32 `[count]`, of `x` along `axis`; they may repeat. Throws `RANGE` for an index outside of the axis, `RANK`,
 * `DTYPE`, `DISPOSED`.
 */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = checkArguments("indexSelect", x, axis, index);
  expectAxes("indexSelect", { index }, ["count"]);
  return picked(x, at, index, x.shape.with(at, index.length), true);
}

/** Elements of `x` by their place in row-major order; out has the shape of `index`, int32. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
export function take(x: Tensor, index: Tensor): Tensor {
  expectAlive("take", x);
  expectAlive("take", index);
  return scope(() => {
    const flat = x.reshape([-1]);
    checkArguments("take", flat, 0, index);
    return picked(flat, 0, index.reshape([-1]), [index.length], true).reshape(index.shape);
  });
}

/**
 * `x` with `source` added to it by position along `axis`: `out[i, index[i, j, k], k] += source[i, j, k]`, the way back of `gather`.
 * `source` has the shape of `index`. Throws as `gather` does.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  const at = checkArguments("scatterAdd", x, axis, index);
  expectFloat("scatterAdd", { source });
  expectShape("scatterAdd", { source }, index.shape);
  expectFits("scatterAdd", x, index, at);
  return scope(() => {
    const added = scattered(source, at, index, index.shape.with(at, x.shape[at]!));
    const missing = x.shape.flatMap((size, i) => [size - added.shape[i]!, 0]);
    return add(x, missing.every((width) => width === 0) ? added : pad(added, missing.reverse()));
  });
}

/** The gather itself; `shared`: one index, of one axis, for all the rest. */
function picked(x: Tensor, axis: number, index: Tensor, shape: readonly number[], shared: boolean): Tensor {
  const { outer, length: len, inner } = aroundAxis(x.shape, axis);
  const dims = { outer, len, count: shape[axis]!, inner, shared };
  const out = empty(shape);
  if (out.length > 0) kernels.gather({ x, index, out, ...dims });
  return record(out, [x], [index], (dOut, grads) => {
    const dX = grads.empty(0);
    if (dX.length > 0) kernels.fill({ out: dX, n: dX.length, value: 0 });
    if (dOut.length > 0) kernels.scatterAdd({ x: dOut, index, out: dX, ...dims });
    return [dX];
  });
}

/** `source` in a tensor of `shape` that is 0 elsewhere. */
function scattered(source: Tensor, axis: number, index: Tensor, shape: readonly number[]): Tensor {
  const { outer, length: len, inner } = aroundAxis(shape, axis);
  const dims = { outer, len, count: source.shape[axis]!, inner, shared: false };
  const out = empty(shape);
  if (out.length > 0) kernels.fill({ out, n: out.length, value: 0 });
  if (source.length > 0) kernels.scatterAdd({ x: source, index, out, ...dims });
  return record(out, [source], [index], (dOut, grads) => {
    const dSource = grads.empty(0);
    if (dSource.length > 0) kernels.gather({ x: dOut, index, out: dSource, ...dims });
    return [dSource];
  });
}

function checkArguments(op: string, x: Tensor, axis: number, index: Tensor): number {
  expectFloat(op, { x });
  expectAlive(op, index);
  expectDType(op, { index }, "int32");
  const at = axisOf(op, axis, x.shape);
  const length = x.shape[at]!;
  const view = index.view();
  for (let i = 0; i < view.length; i += 1)
    if (!(view[i]! >= 0 && view[i]! < length))
      throw new FoveaError(
        "RANGE",
        `${op}: index must be from 0 to ${length - 1} along axis ${axis}, got ${view[i]} at element ${i}`,
      );
  return at;
}

function expectFits(op: string, x: Tensor, index: Tensor, axis: number): void {
  const fits = index.shape.length === x.shape.length && index.shape.every((size, i) => i === axis || size <= x.shape[i]!);
  if (fits) return;
  const rule = "index must have the axes of x and, but along the axis, at most its sizes";
  throw new FoveaError("SHAPE", `${op}: ${rule}, got ${formatShape(index.shape)} for ${formatShape(x.shape)}`);
}
