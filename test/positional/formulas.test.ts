import { afterAll, beforeAll, expect, test } from "vitest";
import {
  dispose,
  init,
  type Mask,
  manualSeed,
  type PositionalEncoding,
  type Positions,
  randn,
  scaledDotProductAttention,
  scope,
  shaw,
  sinusoidal2d,
  sinusoidalTable,
  sinusoidalTable2d,
  type Tensor,
  t5Bias,
  t5Bucket,
  xlRelative,
  zeros,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, queryLen, keyLen, numHeads, headDim, offset] = [2, 3, 5, 2, 4, 1] as const;
const scale = 0.7;

function bound(encoding: PositionalEncoding): Positions & Required<Pick<Positions, "bias" | "parameters">> {
  manualSeed(4);
  const { bias, parameters = {}, ...others } = encoding({ embedDim: numHeads * headDim, numHeads });
  for (const parameter of Object.values(parameters)) parameter.view().set(randn(parameter.shape).view());
  return { ...others, bias: bias!, parameters };
}

const query = () => randn([batch, queryLen, numHeads, headDim]);
const key = () => randn([batch, keyLen, numHeads, headDim]);
const at = (x: Tensor, ...index: number[]) => x.view()[index.reduce((flat, i, axis) => flat * x.shape[axis]! + i, 0)]!;
const dot = (length: number, term: (channel: number) => number) =>
  Array.from({ length }, (_, c) => term(c)).reduce((sum, x) => sum + x, 0);

/** What a mask adds to scores of 0, read back as log weight + lse; every query must see every key. */
function expectAdded(mask: Mask, want: (b: number, h: number, i: number, j: number) => number): void {
  const [q, k] = [zeros([batch, queryLen, numHeads, headDim]), zeros([batch, keyLen, numHeads, headDim])];
  const { weights, lse } = scaledDotProductAttention(q, k, k, { mask, needWeights: true, needLse: true });
  for (let b = 0; b < batch; b += 1)
    for (let h = 0; h < numHeads; h += 1)
      for (let i = 0; i < queryLen; i += 1)
        for (let j = 0; j < keyLen; j += 1)
          if (at(weights!, b, h, i, j) > 0)
            expect(Math.log(at(weights!, b, h, i, j)) + at(lse!, b, h, i)).toBeCloseTo(want(b, h, i, j), 4);
          else expect(want(b, h, i, j)).toBe(Number.NEGATIVE_INFINITY);
}

test("t5Bias adds the weight of the bucket", () => {
  scope(() => {
    const options = { numBuckets: 6, maxDistance: 4 };
    const { bias, parameters } = bound(t5Bias(options));
    expectAdded(bias(query(), key(), { query: offset, scale }), (_, h, i, j) =>
      at(parameters.weight!, t5Bucket(j - i - offset, options), h),
    );
  });
});

const clip = (distance: number) => Math.min(Math.max(distance, -2), 2) + 2;

test("shaw adds the query times the vector of the clipped distance", () => {
  scope(() => {
    const { bias, parameters } = bound(shaw({ maxDistance: 2 }));
    const q = query();
    expectAdded(bias(q, key(), { query: offset, scale }), (b, h, i, j) =>
      dot(headDim, (c) => scale * at(q, b, i, h, c) * at(parameters.keyWeight!, clip(j - i - offset), c)),
    );
  });
});

test("shaw's values are the weighted vectors of the distances", () => {
  scope(() => {
    const { values, parameters } = bound(shaw({ maxDistance: 2, values: true }));
    const weights = randn([batch, numHeads, queryLen, keyLen]);
    const out = values!(weights, { query: offset });
    expect(out.shape).toEqual([batch, queryLen, numHeads, headDim]);
    for (let b = 0; b < batch; b += 1)
      for (let i = 0; i < queryLen; i += 1)
        for (let h = 0; h < numHeads; h += 1)
          for (let c = 0; c < headDim; c += 1)
            expect(at(out, b, i, h, c)).toBeCloseTo(
              dot(keyLen, (j) => at(weights, b, h, i, j) * at(parameters.valueWeight!, clip(j - i - offset), c)),
              4,
            );
  });
});

test.each([
  { name: "causal, the last queries", options: {}, first: keyLen - queryLen },
  { name: "causal, in the middle", options: {}, first: offset },
  { name: "both directions, far ones clamped", options: { causal: false, clampLen: 1 }, first: offset },
])("xlRelative is the paper's: $name", ({ options, first }) => {
  scope(() => {
    const { causal = true, clampLen = 1000 } = options;
    const { bias, rotate, parameters } = bound(xlRelative(options));
    const { u, v, rWeight } = parameters;
    const [q, k, embedDim] = [query(), key(), numHeads * headDim];
    const sinusoid = (distance: number, channel: number) => {
      const half = embedDim / 2;
      const angle = Math.max(-clampLen, Math.min(distance, clampLen)) / 10_000 ** ((channel % half) / half);
      return channel < half ? Math.sin(angle) : Math.cos(angle);
    };
    const r = (h: number, distance: number, c: number) =>
      dot(embedDim, (e) => at(rWeight!, h * headDim + c, e) * sinusoid(distance, e));
    expectAdded(bias(q, k, { query: first, scale }), (b, h, i, j) =>
      causal && j > i + first
        ? Number.NEGATIVE_INFINITY
        : dot(headDim, (c) => scale * (at(q, b, i, h, c) + at(v!, h, c)) * r(h, i + first - j, c)),
    );
    const [placedQuery, placedKey] = rotate!(q, k, {});
    expect(placedKey).toBe(k);
    expect(at(placedQuery, 1, 2, 1, 3)).toBeCloseTo(at(q, 1, 2, 1, 3) + at(u!, 1, 3), 6);
  });
});

test("sinusoidal2d: rows in the first half of the channels, columns in the second, nothing in front", () => {
  scope(() => {
    const [height, width, embedDim] = [3, 4, 10];
    const table = sinusoidalTable2d({ height, width, embedDim });
    const line = sinusoidalTable(Math.max(height, width), embedDim / 2);
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < width; x += 1) {
        const token = table.subarray((y * width + x) * embedDim, (y * width + x + 1) * embedDim);
        expect([...token.subarray(0, 5)]).toEqual([...line.subarray(5 * y, 5 * y + 5)]);
        expect([...token.subarray(5)]).toEqual([...line.subarray(5 * x, 5 * x + 5)]);
      }
    const { embed } = sinusoidal2d({ height, width, leading: 1 })({ embedDim, numHeads: 1 });
    const out = embed!(zeros([2, 1 + height * width, embedDim])).view();
    expect([...out.subarray(0, embedDim)]).toEqual(Array(embedDim).fill(0));
    expect([...out.subarray(14 * embedDim)]).toEqual([...table]);
    expect(() => embed!(zeros([2, 12, embedDim]))).toThrow(expect.objectContaining({ code: "SHAPE" }));
    expect(() => embed!(zeros([2, 13, embedDim]), 1)).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => sinusoidal2d({ height, width })({ embedDim: 7, numHeads: 1 })).toThrow(
      expect.objectContaining({ code: "SHAPE" }),
    );
    expect(() => sinusoidal2d({ height: 0, width })).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});
