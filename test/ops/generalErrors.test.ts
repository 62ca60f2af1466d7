import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";
import { int32 } from "../gradients/leaves.ts";

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

const z = (...shape: number[]) => fovea.zeros(shape);
const flag = (...shape: number[]) => fovea.zeros(shape, { dtype: "bool" });
const freed = () => {
  const x = z(2, 3);
  x.dispose();
  return x;
};

/** A call, its code, and what the text must say: the op, the rule, what came. */
const refused: Record<string, [call: () => unknown, code: string, text: RegExp][]> = {
  subtract: [
    [() => fovea.subtract(z(2, 3), z(3, 2)), "SHAPE", /^subtract: .*\[2, 3\] and \[3, 2\]/],
    [() => fovea.subtract(1, int32([1])), "DTYPE", /^subtract: y must be float32, got int32 \[1\]/],
  ],
  divide: [[() => fovea.divide(freed(), 2), "DISPOSED", /^divide: /]],
  maximum: [[() => fovea.maximum(z(2), flag(2)), "DTYPE", /^maximum: y must be float32, got bool \[2\]/]],
  less: [
    [() => fovea.less(z(2, 3), z(4)), "SHAPE", /^less: .*\[2, 3\] and \[4\]/],
    [() => fovea.less(0, freed()), "DISPOSED", /^less: /],
  ],
  clamp: [[() => fovea.clamp(z(2), { min: Number.NaN }), "RANGE", /^clamp: .*got min NaN/]],
  sum: [
    [() => fovea.sum(z(2, 3), { axis: 2 }), "RANGE", /^sum: axis must be from -2 to 1, got 2/],
    [() => fovea.sum(z(2, 3), { axis: [0, -3] }), "RANGE", /^sum: axis must be from -2 to 1, got -3/],
    [() => fovea.sum(int32([1])), "DTYPE", /^sum: x must be float32, got int32 \[1\]/],
  ],
  argmax: [[() => fovea.argmax(z(2, 0), { axis: 1 }), "SHAPE", /^argmax: there must be an element to find, got \[2, 0\]/]],
  norm: [[() => fovea.norm(z(2), { p: 0 }), "RANGE", /^norm: p must be a number other than 0, got 0/]],
  logSoftmax: [[() => fovea.logSoftmax(z(2, 3), { axis: -3 }), "RANGE", /^logSoftmax: axis must be from -2 to 1, got -3/]],
  cumsum: [[() => fovea.cumsum(z(2, 3), 2), "RANGE", /^cumsum: axis must be from -2 to 1, got 2/]],
  topK: [
    [() => fovea.topK(z(2, 3), 4), "RANGE", /^topK: k must be from 0 to 3 of axis -1, got 4 for \[2, 3\]/],
    [() => fovea.topK(z(2, 3), 1.5, { axis: 0 }), "RANGE", /^topK: k must be from 0 to 2 of axis 0, got 1.5/],
  ],
  gather: [
    [() => fovea.gather(z(2, 3), 1, int32([0, 3], [2, 1])), "RANGE", /^gather: index must be from 0 to 2 .*got 3 at element 1/],
    [() => fovea.gather(z(2, 3), 1, int32([0, -1], [2, 1])), "RANGE", /^gather: index must be from 0 to 2 .*got -1 at element 1/],
    [() => fovea.gather(z(2, 3), 1, int32([0, 0, 0], [3, 1])), "SHAPE", /^gather: index .*got \[3, 1\] for \[2, 3\]/],
    [() => fovea.gather(z(2, 3), 1, z(2, 1)), "DTYPE", /^gather: index must be int32, got float32 \[2, 1\]/],
  ],
  indexSelect: [
    [() => fovea.indexSelect(z(2, 3), 0, int32([0], [1, 1])), "RANK", /^indexSelect: index must be \[count\], got \[1, 1\]/],
  ],
  scatterAdd: [
    [
      () => fovea.scatterAdd(z(2, 3), 1, int32([0], [1, 1]), z(1, 2)),
      "SHAPE",
      /^scatterAdd: source must be \[1, 1\], got \[1, 2\]/,
    ],
  ],
  oneHot: [[() => fovea.oneHot(int32([0, 3]), 3), "RANGE", /^oneHot: ids must be from 0 to 2, got 3 at element 1/]],
  where: [
    [() => fovea.where(z(2), 0, 1), "DTYPE", /^where: condition must be bool, got float32 \[2\]/],
    [() => fovea.where(flag(2), z(3), 1), "SHAPE", /^where: .*\[2\] and \[3\]/],
  ],
  maskedFill: [[() => fovea.maskedFill(z(2), z(2), 0), "DTYPE", /^maskedFill: (mask|condition) must be bool, got float32 \[2\]/]],
  tril: [[() => fovea.tril(z(3)), "RANK", /^tril: x /]],
  permute: [
    [() => fovea.permute(z(2, 3), [0, 0]), "RANGE", /^permute: axes must name each of 2 axes once, got \[0, 0\] for \[2, 3\]/],
  ],
  transpose: [[() => fovea.transpose(z(2, 3), 0, 2), "RANGE", /^transpose: axis must be from -2 to 1, got 2/]],
  slice: [
    [() => fovea.slice(z(2), [{ step: 0 }]), "RANGE", /^slice: .*step at least 1/],
    [() => fovea.slice(z(2), [null, null]), "RANK", /^slice: .*got 2 for \[2\]/],
  ],
  narrow: [
    [() => fovea.narrow(z(2, 3), { axis: 1, start: 2, length: 2 }), "RANGE", /^narrow: 2 to 4 must be within axis 1 of \[2, 3\]/],
  ],
  pad: [
    [() => fovea.pad(z(2), [1]), "RANK", /^pad: widths must be pairs/],
    [() => fovea.pad(z(2), [1, -1]), "RANGE", /^pad: widths must be whole and not negative, got \[1, -1\]/],
  ],
  split: [[() => fovea.split(z(5), [2, 2]), "RANGE", /^split: sizes must come to 5, axis 0 of \[5\], got \[2,2\]/]],
  chunk: [[() => fovea.chunk(z(5), 0), "RANGE", /^chunk: chunks must be at least 1, got 0/]],
  squeeze: [[() => fovea.squeeze(z(2, 1), { axis: 0 }), "SHAPE", /^squeeze: the axes must have size 1, got axis 0 of \[2, 1\]/]],
  repeat: [[() => fovea.repeat(z(2, 3), [2]), "RANK", /^repeat: .*got 1 for \[2, 3\]/]],
  concat: [
    [() => fovea.concat([]), "SHAPE", /^concat: needs at least one tensor/],
    [() => fovea.concat([z(2, 3), z(2, 4)]), "SHAPE", /^concat: shapes may differ along axis 0 only, got \[2, 3\], \[2, 4\]/],
    [() => fovea.concat([z(2), flag(2)]), "DTYPE", /^concat: tensor 1 must be float32, got bool \[2\]/],
  ],
  stack: [
    [() => fovea.stack([]), "SHAPE", /^stack: needs at least one tensor/],
    [() => fovea.stack([z(2, 3), z(3, 2)]), "SHAPE", /^stack: shapes must be the same, got \[2, 3\], \[3, 2\]/],
    [() => fovea.stack([z(2), z(2)], { axis: 2 }), "RANGE", /^stack: axis must be from -2 to 1, got 2/],
  ],
};

for (const [op, calls] of Object.entries(refused))
  describe(op, () => {
    test.each(calls.map(([call, code, text]) => ({ call, code, text })))("$code $text", ({ call, code, text }) => {
      fovea.scope(() => {
        expect(call).toThrow(expect.objectContaining({ name: "FoveaError", code, message: expect.stringMatching(text) }));
      });
    });
  });
