import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init, ones, scope, sinusoidal, sinusoidalTable, zeros } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("the table is the paper's, for odd widths too", () => {
  for (const [seqLen, width, base] of [
    [7, 6, 10_000],
    [5, 7, 10_000],
    [3, 1, 10_000],
    [4, 4, 500],
  ] as const) {
    const table = sinusoidalTable(seqLen, width, base);
    for (let position = 0; position < seqLen; position += 1)
      for (let channel = 0; channel < width; channel += 1) {
        const angle = position / base ** ((2 * Math.floor(channel / 2)) / width);
        expect(table[position * width + channel]).toBeCloseTo(channel % 2 ? Math.cos(angle) : Math.sin(angle), 6);
      }
  }
});

test("embed adds the first rows of the table to each item, whatever the lengths before", () => {
  scope(() => {
    const { embed } = sinusoidal()({ embedDim: 4, numHeads: 1 });
    for (const seqLen of [3, 9, 2, 30]) {
      const table = [...sinusoidalTable(seqLen, 4)];
      expect([...embed!(zeros([2, seqLen, 4])).view()]).toEqual([...table, ...table]);
    }
  });
});

test("the gradient passes unchanged", () => {
  scope(() => {
    const x = ones([2, 3, 4], { requiresGrad: true });
    sinusoidal()({ embedDim: 4, numHeads: 1 }).embed!(x).backward(ones([2, 3, 4]));
    expect(x.grad!.toArray()).toEqual(new Float32Array(24).fill(1));
  });
});

test("refuses another width", () => {
  const { embed } = sinusoidal()({ embedDim: 4, numHeads: 1 });
  expect(() => embed!(zeros([2, 3, 6]))).toThrow(expect.objectContaining({ code: "SHAPE" }));
});
