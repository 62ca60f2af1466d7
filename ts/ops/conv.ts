import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import { empty, slice, type Tensor } from "../tensor/tensor.ts";
import { add } from "./add.ts";
import { expectFloat } from "./checks.ts";
import { type ConvOptions, expectGroups, type Geometry, geometryOf, type Pair } from "./convGeometry.ts";
import { expand } from "./expand.ts";
import { product } from "./product.ts";

export { type ConvOptions, expectGroups, type Pair };

/**
 * Cross-correlation over a sequence, as PyTorch's: `x [batch, inChannels, length]`, `weight [outChannels, inChannels / groups,
 * kernelSize]`, `bias [outChannels]`, out `[batch, outChannels, outLength]`. Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions<number> = {}): Tensor {
  expectFloat("conv1d", { x, weight, bias });
  expectAxes("conv1d", { x }, ["batch", "inChannels", "length"]);
  expectAxes("conv1d", { weight }, ["outChannels", "inChannels / groups", "kernelSize"]);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const lineOptions = {
    stride: [1, stride] as const,
    padding: typeof padding === "number" ? ([0, padding] as const) : padding,
    dilation: [1, dilation] as const,
    groups,
  };
  const [line, filters] = [x, weight].map((tensor) => tensor.reshape(tensor.shape.toSpliced(2, 0, 1))) as [Tensor, Tensor];
  const out = convolve("conv1d", line, filters, bias, lineOptions);
  for (const view of [line, filters]) view.dispose();
  return squeezed(out);
}

/**
 * Cross-correlation over a plane, as PyTorch's: `x [batch, inChannels, height, width]`, `weight [outChannels, inChannels / groups,
 * kernelHeight, kernelWidth]`, `bias [outChannels]`, out `[batch, outChannels, outHeight, outWidth]`. Throws `SHAPE`, `RANK`,
 * `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions<Pair> = {}): Tensor {
  expectFloat("conv2d", { x, weight, bias });
  expectAxes("conv2d", { x }, ["batch", "inChannels", "height", "width"]);
  expectAxes("conv2d", { weight }, ["outChannels", "inChannels / groups", "kernelHeight", "kernelWidth"]);
  return convolve("conv2d", x, weight, bias, options);
}

function squeezed(out: Tensor): Tensor {
  const view = out.reshape(out.shape.toSpliced(2, 1));
  out.dispose();
  return view;
}

function convolve(op: string, x: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions<Pair>): Tensor {
  const geometry = geometryOf(op, x, weight, options);
  const ofItem = geometry.outShape.slice(1);
  expectShape(op, { bias }, ofItem.slice(0, 1));
  const out = withoutBias(x, weight, geometry);
  if (!bias) return out;
  const column = bias.reshape([bias.length, 1, 1]);
  const plane = expand(column, ofItem);
  const sum = add(out, plane);
  for (const temporary of [column, plane, out]) temporary.dispose();
  return sum;
}

/** Windows to columns, then a matrix product; the columns are made again going back rather than kept. */
function withoutBias(x: Tensor, weight: Tensor, geometry: Geometry): Tensor {
  const { batch, groups, channels, taken, places, outShape, windows } = geometry;
  const out = empty(outShape);
  const cols = columnsOf(x, geometry);
  eachShare(geometry, out, cols, (out, cols, share) =>
    product({ a: weight, b: cols, out, m: channels, n: places, k: taken, ...share }),
  );
  cols.dispose();
  return record(out, [x, weight], [x, weight], (dOut, grads) => {
    const dX = grads.wants(0) ? grads.empty(0) : null;
    if (dX && dX.length > 0) {
      const dCols = empty([batch, groups, taken, places]);
      eachShare(geometry, dCols, dOut, (dCols, dOut, share) =>
        product({ a: weight, b: dOut, out: dCols, m: taken, n: places, k: channels, transposeA: true, ...share }),
      );
      kernels.unfoldBackward({ dOut: dCols, dX, ...windows });
    }
    return [dX, grads.wants(1) ? weightGradient(x, dOut, grads.empty(1), geometry) : null];
  });
}

function weightGradient(x: Tensor, dOut: Tensor, dWeight: Tensor, geometry: Geometry): Tensor {
  const { batch, groups, channels, taken, places } = geometry;
  const cols = columnsOf(x, geometry);
  const ofItems = empty([batch, dWeight.length]);
  product({ a: dOut, b: cols, out: ofItems, m: channels, n: taken, k: places, batch: batch * groups, transposeB: true });
  if (dWeight.length > 0) kernels.sumRows({ x: ofItems, out: dWeight, rows: batch, cols: dWeight.length });
  return dWeight;
}

function columnsOf(x: Tensor, { batch, groups, taken, places, windows }: Geometry): Tensor {
  const out = empty([batch, groups, taken, places]);
  if (out.length > 0) kernels.unfoldForward({ x, out, ...windows });
  return out;
}

type Share = { batch: number; aBatch: number };

/** One product for the whole batch where all items have the same factor, or one for each item where each group has its own. */
function eachShare(
  { batch, groups }: Geometry,
  to: Tensor,
  from: Tensor,
  run: (to: Tensor, from: Tensor, share: Share) => void,
): void {
  if (groups === 1) run(to, from, { batch, aBatch: 1 });
  else
    for (let item = 0; item < batch; item += 1) {
      const [part, source] = [to, from].map((whole) => slice(whole, (item * whole.length) / batch, [whole.length / batch]));
      run(part!, source!, { batch: groups, aBatch: groups });
      for (const view of [part!, source!]) view.dispose();
    }
}
