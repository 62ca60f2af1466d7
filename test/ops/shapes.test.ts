import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, Nested, Tensor } from "../../ts/index.ts";
import * as fovea from "../../ts/index.ts";

const { chunk, concat, expand, flip, narrow, pad, permute, repeat, scope, slice, split, squeeze, stack, tensor } = fovea;
const { transpose, unsqueeze, zeros } = fovea;

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

/** 0, 1, 2, … in `shape`; of bool, whether that is odd. */
function counted(shape: readonly number[], dtype: DType): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length }, (_, i) => (dtype === "bool" ? i % 2 : i));
  return tensor(values, shape, { dtype });
}

/** What moves elements about, and where each comes from: its number in row-major order, or null for what is new. */
const moves: Record<string, [of: number[], op: (x: Tensor) => Tensor, from: Nested | readonly unknown[]]> = {
  transpose: [
    [2, 3],
    (x) => transpose(x, 0, 1),
    [
      [0, 3],
      [1, 4],
      [2, 5],
    ],
  ],
  "transpose, from the end": [[2, 1, 3], (x) => transpose(x, -1, -3), [[[0, 3]], [[1, 4]], [[2, 5]]]],
  permute: [
    [2, 2, 2],
    (x) => permute(x, [2, 0, 1]),
    [
      [
        [0, 2],
        [4, 6],
      ],
      [
        [1, 3],
        [5, 7],
      ],
    ],
  ],
  "permute that leaves all in place": [
    [2, 3],
    (x) => permute(x, [0, -1]),
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  flip: [
    [2, 3],
    (x) => flip(x, [1]),
    [
      [2, 1, 0],
      [5, 4, 3],
    ],
  ],
  "flip of all": [
    [2, 3],
    (x) => flip(x, [0, -1]),
    [
      [5, 4, 3],
      [2, 1, 0],
    ],
  ],
  "slice of steps": [
    [3, 4],
    (x) => slice(x, [{ step: 2 }, { start: 1, step: 2 }]),
    [
      [1, 3],
      [9, 11],
    ],
  ],
  "slice from the end": [[5], (x) => slice(x, [{ start: -3, end: -1 }]), [2, 3]],
  "slice beyond the end": [[3], (x) => slice(x, [{ start: 1, end: 99 }]), [1, 2]],
  "slice of nothing": [[3, 2], (x) => slice(x, [null, { start: 2, end: 1 }]), [[], [], []]],
  narrow: [[3, 2], (x) => narrow(x, { axis: 1, start: 1, length: 1 }), [[1], [3], [5]]],
  "pad of the last axis": [
    [2, 2],
    (x) => pad(x, [1, 0]),
    [
      [null, 0, 1],
      [null, 2, 3],
    ],
  ],
  "pad of two axes": [
    [1, 2],
    (x) => pad(x, [0, 1, 1, 0]),
    [
      [null, null, null],
      [0, 1, null],
    ],
  ],
  expand: [
    [2, 1],
    (x) => expand(x, [2, -1, 3]),
    [
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
    ],
  ],
  repeat: [
    [1, 2],
    (x) => repeat(x, [2, 2]),
    [
      [0, 1, 0, 1],
      [0, 1, 0, 1],
    ],
  ],
  "repeat, an axis more": [
    [2],
    (x) => repeat(x, [2, 1]),
    [
      [0, 1],
      [0, 1],
    ],
  ],
  "repeat 0 times": [[2], (x) => repeat(x, [0]), []],
  concat: [
    [2, 2],
    (x) => concat([x, x], { axis: 1 }),
    [
      [0, 1, 0, 1],
      [2, 3, 2, 3],
    ],
  ],
  stack: [
    [2],
    (x) => stack([x, x], { axis: 1 }),
    [
      [0, 0],
      [1, 1],
    ],
  ],
  squeeze: [[1, 2, 1], (x) => squeeze(x), [0, 1]],
  "squeeze of one axis": [[1, 2, 1], (x) => squeeze(x, { axis: -1 }), [[0, 1]]],
  unsqueeze: [[2], (x) => unsqueeze(x, -1), [[0], [1]]],
};

describe.each(["float32", "int32", "bool"] as const)("of %s", (dtype) => {
  const wanted = (from: unknown): unknown => {
    if (Array.isArray(from)) return from.map(wanted);
    const value = from === null ? 0 : dtype === "bool" ? (from as number) % 2 : (from as number);
    return dtype === "bool" ? value === 1 : value;
  };

  test.each(Object.entries(moves))("%s", (_, [of, op, from]) => {
    scope(() => {
      const out = op(counted(of, dtype));
      expect(out.dtype).toBe(dtype);
      expect(out.toNested()).toEqual(wanted(from));
    });
  });

  test("split and chunk", () => {
    scope(() => {
      const x = counted([5, 2], dtype);
      const nested = (parts: Tensor[]) => parts.map((part) => part.toNested());
      const rows = x.toNested() as Nested[];
      expect(nested(split(x, 2))).toEqual([rows.slice(0, 2), rows.slice(2, 4), rows.slice(4)]);
      expect(nested(split(x, [1, 0, 4]))).toEqual([rows.slice(0, 1), [], rows.slice(1)]);
      expect(nested(chunk(x, 2))).toEqual([rows.slice(0, 3), rows.slice(3)]);
      expect(chunk(x, 4).map(({ shape }) => shape[0])).toEqual([2, 2, 1]);
      expect(split(x, 1, { axis: 1 }).map(({ shape }) => shape)).toEqual([
        [5, 1],
        [5, 1],
      ]);
    });
  });
});

test("NaN and −0 are moved as they are", () => {
  scope(() => {
    const bits = Int32Array.of(0x7fc1_2345, -0x7fff_ffff, 0x7f80_0001, -1);
    const x = tensor(bits, [2, 2]);
    expect([...transpose(x, 0, 1).view()]).toEqual([bits[0], bits[2], bits[1], bits[3]]);
    expect(Object.is(flip(tensor([1, -0]), [0]).view()[0], -0)).toBe(true);
  });
});

test("many axes that all change places", () => {
  scope(() => {
    const shape = [2, 3, 2, 2, 3, 2, 2];
    const x = counted(shape, "float32");
    const order = [6, 4, 2, 0, 5, 3, 1];
    const out = permute(x, order);
    const back = permute(
      out,
      order.map((_, axis) => order.indexOf(axis)),
    );
    expect(out.shape).toEqual(order.map((axis) => shape[axis]));
    expect(back.toArray()).toEqual(x.toArray());
    expect(out.view()[1]).toBe(shape.slice(2).reduce((product, size) => product * size, 1)); // a step along axis 1
    expect(() => permute(zeros(Array<number>(10).fill(2)), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0])).toThrow(/at most 8 axes/);
  });
});

test("a part nobody used has a gradient of 0, and a value that is padded none", () => {
  scope(() => {
    const x = tensor([1, 2, 3, 4], { requiresGrad: true });
    split(x, [1, 2, 1])[1]!.backward(tensor([5, 6]));
    expect(x.grad!.toNested()).toEqual([0, 5, 6, 0]);
    x.zeroGrad();
    pad(x, [1, 1], { value: 7 }).backward(tensor([9, 1, 2, 3, 4, 9]));
    expect(x.grad!.toNested()).toEqual([1, 2, 3, 4]);
  });
});
