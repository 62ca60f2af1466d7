import { record } from "../autograd/tape.ts";
import type { Buffer } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { withAxes } from "./broadcastAxes.ts";

/** One axis of a copy: how many, and how many elements further each is in the source and in the result. */
export interface StridedAxis {
  size: number;
  x: number;
  out: number;
}

/** Which element goes where. Strides of the source may be 0 (repeat) and negative (flip); no element of the result is named twice. */
export interface Arrangement {
  axes: readonly StridedAxis[];
  xOffset?: number;
  outOffset?: number;
}

/** The kernel's limit, of axes that do not lie together. */
const MOST_AXES = 8;

/**
 * Copies elements of `x` to `out`, of any dtype; the others of `out` stay as they are. Not recorded. Throws `RANK` for an arrangement
 * of more than 8 axes.
 */
export function arrange(x: Tensor, out: Tensor, arrangement: Arrangement): void {
  const { axes, xOffset, outOffset } = ordered(arrangement);
  if (axes.some(({ size }) => size === 0)) return;
  if (axes.length > MOST_AXES)
    throw new FoveaError("RANK", `arrange: at most ${MOST_AXES} axes can change places, got ${formatShape(x.shape)}`);
  const values = axes.length === 0 ? null : axes.flatMap(({ size, x, out }) => [size, x, out]);
  withWords(x, (from) =>
    withWords(out, (to) =>
      withAxes(values, (axes) => {
        const sizes = { xLen: x.length, outLen: out.length, rank: (values?.length ?? 0) / 3 };
        kernels.copyStrided({ x: from, out: to, axes, ...sizes, xOffset, outOffset });
      }),
    ),
  );
}

/** The op that fills `shape`, 0 or `value` where nothing is arranged, with elements of `x`, none of which is taken twice. */
export function rearranged(x: Tensor, shape: Shape, arrangement: Arrangement, value = 0): Tensor {
  const out = empty(shape, x.dtype);
  const count = arrangement.axes.reduce((product, { size }) => product * size, 1);
  if (count < out.length) out.view().fill(value);
  arrange(x, out, arrangement);
  return record(out, [x], [], (dOut, grads) => {
    const dX = grads.empty(0);
    if (count < dX.length) kernels.fill({ out: dX, n: dX.length, value: 0 });
    arrange(dOut, dX, reversed(arrangement));
    return [dX];
  });
}

/** The way back. */
function reversed({ axes, xOffset = 0, outOffset = 0 }: Arrangement): Arrangement {
  return { axes: axes.map(({ size, x, out }) => ({ size, x: out, out: x })), xOffset: outOffset, outOffset: xOffset };
}

/** As the kernel wants it: no axis of 1, strides of the result positive and the largest first, axes that lie together as one. */
function ordered({ axes, xOffset = 0, outOffset = 0 }: Arrangement): Required<Arrangement> {
  let [fromX, fromOut] = [xOffset, outOffset];
  const forward = axes
    .filter(({ size }) => size !== 1)
    .map(({ size, x, out }) => {
      if (out >= 0) return { size, x, out };
      fromX += (size - 1) * x;
      fromOut += (size - 1) * out;
      return { size, x: -x, out: -out };
    });
  const together: StridedAxis[] = [];
  for (const axis of forward.sort((a, b) => b.out - a.out)) {
    const before = together.at(-1);
    if (before && before.out === axis.out * axis.size && before.x === axis.x * axis.size)
      together[together.length - 1] = { size: before.size * axis.size, x: axis.x, out: axis.out };
    else together.push(axis);
  }
  return { axes: together, xOffset: fromX, outOffset: fromOut };
}

/** Lends `run` the elements as words of 32 bits under a float's name, as the kernel does not ask what they mean; bytes as a copy. */
function withWords(tensor: Tensor, run: (words: Buffer) => void): void {
  if (tensor.dtype !== "bool") {
    run({ ptr: tensor.ptr, length: tensor.length, dtype: "float32", alive: tensor.alive });
    return;
  }
  const words = empty(tensor.shape);
  words.view().set(tensor.view());
  run(words);
  tensor.view().set(words.view());
  words.dispose();
}

/** Strides of a contiguous tensor. */
export function contiguous(shape: Shape): number[] {
  const strides = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}
