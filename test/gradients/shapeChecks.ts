import * as ops from "../../ts/ops/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, flags, int32, leaf, positive } from "./leaves.ts";
import type { Checks } from "./opChecks.ts";

const { concat, customOp, gather, indexSelect, multiply, pad, permute, scatterAdd, slice, split, where } = ops;

/** Both operands whole, one or both repeated, one of them a number. */
const arithmetic = (
  fn: (x: Tensor | number, y: Tensor | number) => Tensor,
  operand: (shape: readonly number[], seed?: number) => Tensor = leaf,
): Checks => ({
  "same shape": () => [fn, operand([3, 5]), operand([3, 5], 2)],
  "a row": () => [fn, operand([3, 5]), operand([5], 2)],
  "a column first": () => [fn, operand([3, 1]), operand([3, 5], 2)],
  "both repeated": () => [fn, operand([3, 1, 5]), operand([4, 1], 2)],
  "axes in turns": () => [fn, operand([2, 1, 3, 1]), operand([1, 2, 1, 3], 2)],
  "and a number": () => [(x) => fn(x, 1.5), operand([3, 5])],
  "a number and": () => [(x) => fn(1.5, x), operand([3, 5])],
  "and a tensor of one": () => [fn, operand([3, 5]), operand([], 2)],
});

/** Far enough from each other, and from 1.5. */
const apart = (shape: readonly number[], seed = 1): Tensor => {
  const x = awayFromZero(shape, seed);
  const view = x.view();
  for (let i = 0; i < view.length; i += 1) view[i] = 3 * (i % 4) + (seed === 1 ? 0.1 : 1.1);
  return x;
};

const square = customOp({
  name: "square",
  forward({ save }, x: Tensor) {
    save(x);
    return multiply(x, x);
  },
  backward: ({ saved: [x] }, dOut) => [multiply(2, multiply(x!, dOut))],
});

export const shapeChecks: Record<string, Checks> = {
  add: arithmetic(ops.add),
  chunk: {
    "four parts of which one is not used": () => [
      (x) => concat(ops.chunk(x, 4, { axis: 1 }).slice(1), { axis: 1 }),
      leaf([2, 7]),
    ],
  },
  cast: { "the dtype it has": () => [(x) => multiply(ops.cast(x, "float32"), x), leaf([3, 5])] },
  divide: arithmetic(ops.divide, positive),
  flip: { "two axes": () => [(x) => multiply(ops.flip(x, [0, -1]), x), leaf([2, 3, 4])] },
  gather: {
    "the last axis": () => [(x) => gather(x, -1, int32([2, 0, 2, 1, 1, 1], [3, 2])), leaf([3, 4])],
    "a middle axis, part of the others": () => [(x) => gather(x, 1, int32([2, 0, 2, 1], [2, 2, 1])), leaf([3, 4, 2])],
  },
  indexSelect: {
    "repeated, the first axis": () => [(x) => indexSelect(x, 0, int32([2, 0, 2])), leaf([4, 3])],
    "the last axis": () => [(x) => indexSelect(x, -1, int32([1, 1, 0, 2])), leaf([2, 3])],
  },
  maskedFill: { "a mask that repeats": () => [(x) => ops.maskedFill(x, flags([3], 0.5), -7), leaf([4, 3])] },
  maximum: arithmetic(ops.maximum, apart),
  minimum: arithmetic(ops.minimum, apart),
  multiply: { ...arithmetic(multiply), square: () => [(x) => multiply(x, x), leaf([3, 5])] },
  pad: { "two axes": () => [(x) => pad(x, [1, 2, 0, 3], { value: 2 }), leaf([2, 3, 2])] },
  permute: {
    "three axes": () => [(x) => permute(x, [2, 0, 1]), leaf([2, 3, 4])],
    "four axes, used twice": () => [(x) => multiply(permute(x, [0, 2, 1, 3]), permute(x, [0, 2, 1, 3])), leaf([2, 3, 2, 2])],
  },
  repeat: { "with an axis more": () => [(x) => ops.repeat(x, [2, 1, 3]), leaf([2, 3])] },
  scatterAdd: {
    "repeated indices": () => [(x, y) => scatterAdd(x!, 0, int32([2, 0, 2, 1, 1, 1], [3, 2]), y!), leaf([4, 2]), leaf([3, 2], 2)],
    "part of the other axes": () => [(x, y) => scatterAdd(x!, 1, int32([2, 2], [2, 1]), y!), leaf([3, 4]), leaf([2, 1], 2)],
  },
  slice: {
    "a range of each axis": () => [(x) => slice(x, [{ start: 1 }, null, { start: -4, end: -1, step: 2 }]), leaf([3, 2, 5])],
    "every third": () => [(x) => slice(x, [{ step: 3 }]), leaf([8])],
  },
  split: { "sizes of which one is 0": () => [(x) => concat(split(x, [2, 0, 3]).toReversed()), leaf([5, 2])] },
  squeeze: { "one axis": () => [(x) => multiply(ops.squeeze(x, { axis: 1 }), leaf([3, 2], 2).detach()), leaf([3, 1, 2])] },
  stack: {
    "last axis": () => [(a, b) => ops.stack([a!, b!, a!], { axis: -1 }), leaf([2, 3]), leaf([2, 3], 2)],
  },
  subtract: arithmetic(ops.subtract),
  take: { "repeated places": () => [(x) => ops.take(x, int32([5, 0, 5, 2], [2, 2])), leaf([3, 2])] },
  transpose: { "two of three axes": () => [(x) => ops.transpose(x, 0, -1), leaf([2, 3, 4])] },
  tril: { "a diagonal below": () => [(x) => ops.tril(x, { diagonal: -1 }), leaf([2, 3, 4])] },
  triu: { plain: () => [(x) => ops.triu(x), leaf([3, 3])] },
  unsqueeze: { "at the end": () => [(x) => multiply(ops.unsqueeze(x, -1), leaf([3, 2, 1], 2).detach()), leaf([3, 2])] },
  where: {
    "both repeated": () => [(a, b) => where(flags([3, 4], 0.5), a!, b!), leaf([4]), leaf([3, 1], 2)],
    "a number": () => [(a) => where(flags([3, 4], 0.5), a, 0.5), leaf([3, 4])],
    "a condition that repeats": () => [(a, b) => where(flags([2, 1, 4], 0.5), a!, b!), leaf([2, 3, 4]), leaf([3, 1], 2)],
  },
  customOp: {
    "made of other ops": () => [square, leaf([3, 5])],
    "number by number, with an option": () => [(x, y) => weighted(x!, 0.5, y!), leaf([4]), leaf([4], 2)],
  },
};

/** `factor · x · y²`, computed here. */
const weighted = customOp({
  name: "weighted",
  forward({ save }, x: Tensor, factor: number, y: Tensor) {
    save(x, y, tensor([factor]));
    const out = ops.scale(x, factor);
    const [values, by] = [out.view(), y.view()];
    for (let i = 0; i < values.length; i += 1) values[i]! *= by[i]! ** 2;
    return out;
  },
  backward({ saved, wants }, dOut) {
    const [x, y, factor] = saved as [Tensor, Tensor, Tensor];
    const slope = multiply(dOut, factor);
    return [
      wants(0) ? multiply(slope, ops.square(y)) : null,
      null,
      wants(2) ? multiply(slope, multiply(2, multiply(x, y))) : null,
    ];
  },
});
