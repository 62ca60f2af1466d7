import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  bias,
  causal,
  dispose,
  drop,
  init,
  KeyValueCache,
  lengths,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  manualSeed,
  randn,
  rotary,
  runtime,
  scope,
  shaw,
  sinks,
  type Tensor,
  t5Bias,
  tensor,
  window,
  xlRelative,
} from "../../ts/index.ts";
import { all } from "../../ts/ops/mask.ts";

beforeAll(() => init());
afterAll(() => dispose());

const [batch, seqLen, embedDim, numHeads] = [2, 37, 12, 4] as const;

/** Tokens `from` to `to` of `x`. */
function tokens(x: Tensor, from: number, to: number): Tensor {
  const values = x.toArray() as Float32Array;
  const item = (b: number) => [...values.subarray((b * seqLen + from) * embedDim, (b * seqLen + to) * embedDim)];
  return tensor(Float32Array.from([0, 1].flatMap(item)), [batch, to - from, embedDim]);
}

function expectClose(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.view() as Float32Array, b.view() as Float32Array];
  for (let i = 0; i < x.length; i += 1) expect(Math.abs(x[i]! - y[i]!)).toBeLessThan(1e-6);
}

const options: readonly [string, MultiheadAttentionOptions][] = [
  ["plain", {}],
  ["one key head for all, wide heads, narrow values", { numKvHeads: 1, headDim: 8, valueHeadDim: 5 }],
  ["grouped, normalised queries and keys, rotary", { numKvHeads: 2, headDim: 6, qkNorm: true, positional: rotary() }],
  ["ALiBi", { positional: alibi() }],
  ["T5's buckets", { positional: t5Bias({ bidirectional: false }) }],
  ["Transformer-XL's relative positions", { positional: xlRelative() }],
  ["Shaw's relative positions, of values too", { positional: shaw({ maxDistance: 3, values: true }) }],
  ["no biases, key and value of their own widths", { bias: false, valueHeadDim: 4 }],
];

describe.each([null, seqLen])("a cache with room for %s", (maxLen) => {
  test.each(options)("gives token by token what all tokens at once give: %s", (_, options) => {
    scope(() => {
      manualSeed(5);
      const attention = new MultiheadAttention(embedDim, numHeads, options).eval();
      const x = randn([batch, seqLen, embedDim]);
      const whole = attention.forward(x, x, x, { mask: causal() }).out;
      using cache = new KeyValueCache({ maxLen });
      for (const [from, to] of [
        [0, 20],
        [20, 21],
        [21, 35],
        [35, 36],
        [36, 37],
      ] as const) {
        const { out } = attention.step(tokens(x, from, to), cache);
        expectClose(out, tokens(whole, from, to));
        expect(out.requiresGrad).toBe(false);
      }
      expect(cache.length).toBe(seqLen);
    });
  });
});

test("a mask of the caller's counts keys from the first token; weights are of the tokens there are", () => {
  scope(() => {
    const attention = new MultiheadAttention(embedDim, numHeads).eval();
    const x = randn([batch, seqLen, embedDim]);
    const mask = all(window(3), sinks(1));
    const whole = attention.forward(x, x, x, { mask: all(mask, causal()), needWeights: true });
    using cache = new KeyValueCache();
    attention.step(tokens(x, 0, 30), cache, { mask });
    const { out, weights } = attention.step(tokens(x, 30, 37), cache, { mask, needWeights: true });
    expectClose(out, tokens(whole.out, 30, 37));
    expect(weights!.shape).toEqual([batch, 7, seqLen]);
  });
});

test.each([null, 50])("a boolean mask or a bias speaks of the tokens there are, whatever the room: %s", (maxLen) => {
  scope(() => {
    const attention = new MultiheadAttention(embedDim, numHeads, { scale: 0.7 }).eval();
    const x = randn([batch, seqLen, embedDim]);
    const hidden = tensor(
      Uint8Array.from({ length: batch * seqLen }, (_, at) => (at % seqLen < 5 * Math.floor(at / seqLen) ? 1 : 0)),
      [batch, 1, 1, seqLen],
      { dtype: "bool" },
    );
    const mask = all(drop(hidden), bias(randn([numHeads, 1, seqLen])));
    const whole = attention.forward(x, x, x, { mask: all(mask, causal()) }).out;
    using cache = new KeyValueCache({ maxLen });
    attention.step(tokens(x, 0, 36), cache);
    expectClose(attention.step(tokens(x, 36, 37), cache, { mask }).out, tokens(whole, 36, 37));
  });
});

test.each<[string, MultiheadAttentionOptions]>([
  ["plain", {}],
  ["other widths", { headDim: 5, valueHeadDim: 3, numKvHeads: 2, qkNorm: true }],
  ["rotary", { headDim: 4, positional: rotary() }],
  ["T5's buckets", { positional: t5Bias() }],
])("another's keys and values are projected once: %s", (_, options) => {
  scope(() => {
    const attention = new MultiheadAttention(embedDim, numHeads, options).eval();
    const [x, memory] = [randn([batch, seqLen, embedDim]), randn([batch, 9, embedDim])];
    const call = { mask: lengths([9, 4]), places: { query: 2 } };
    const whole = attention.forward(x, memory, memory, { ...call, needWeights: true });
    using cache = new KeyValueCache();
    for (let time = 0; time < 2; time += 1) {
      const { out, weights } = attention.forward(x, memory, memory, { ...call, memoryCache: cache, needWeights: true });
      expectClose(out, whole.out);
      expectClose(weights!, whole.weights!);
    }
    expect(() => attention.forward(x, x, x, { memoryCache: cache })).toThrow(expect.objectContaining({ code: "SHAPE" }));
    expect(() => attention.forward(x, x, x, { cache, memoryCache: cache })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });
});

test("tokens can be taken back", () => {
  scope(() => {
    const attention = new MultiheadAttention(embedDim, numHeads, { headDim: 4, positional: rotary() }).eval();
    const x = randn([batch, seqLen, embedDim]);
    using cache = new KeyValueCache();
    attention.step(tokens(x, 0, 10), cache);
    const first = attention.step(tokens(x, 10, 11), cache).out.toArray();
    cache.truncate(10);
    expect(attention.step(tokens(x, 10, 11), cache).out.toArray()).toEqual(first);
  });
});

test("a cache outlives scopes and gives its memory back", () => {
  const attention = new MultiheadAttention(embedDim, numHeads).eval();
  const before = runtime.memory.used;
  const cache = new KeyValueCache();
  for (let i = 0; i < 40; i += 1) scope(() => void attention.step(randn([1, 1, embedDim]), cache));
  expect(runtime.memory.used).toBeGreaterThan(before);
  cache.dispose();
  expect(runtime.memory.used).toBe(before);
  attention.dispose();
});

describe("what does not fit is refused, and the cache is as it was", () => {
  test("more tokens than there is room for", () => {
    scope(() => {
      const attention = new MultiheadAttention(embedDim, numHeads);
      using cache = new KeyValueCache({ maxLen: 4 });
      attention.step(randn([1, 3, embedDim]), cache);
      expect(() => attention.step(randn([1, 2, embedDim]), cache)).toThrow(
        expect.objectContaining({ code: "RANGE", message: "KeyValueCache: there is room for maxLen = 4 tokens, got 5" }),
      );
      expect(cache.length).toBe(3);
    });
  });

  test("another batch", () => {
    scope(() => {
      const attention = new MultiheadAttention(embedDim, numHeads);
      using cache = new KeyValueCache();
      attention.step(randn([1, 3, embedDim]), cache);
      expect(() => attention.step(randn([2, 1, embedDim]), cache)).toThrow(expect.objectContaining({ code: "SHAPE" }));
      expect(cache.length).toBe(3);
    });
  });

  test.each<[string, MultiheadAttentionOptions]>([
    ["addBiasKv", { addBiasKv: true }],
    ["addZeroAttn", { addZeroAttn: true }],
  ])("%s", (_, options) => {
    scope(() => {
      const attention = new MultiheadAttention(embedDim, numHeads, options);
      using cache = new KeyValueCache();
      expect(() => attention.step(randn([1, 1, embedDim]), cache)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    });
  });

  test("cross-attention", () => {
    scope(() => {
      const attention = new MultiheadAttention(embedDim, numHeads);
      const [x, y] = [randn([1, 1, embedDim]), randn([1, 1, embedDim])];
      expect(() => attention.forward(x, y, y, { cache: new KeyValueCache() })).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED" }),
      );
    });
  });

  test.each([0, -1, 1.5])("maxLen %s", (maxLen) => {
    expect(() => new KeyValueCache({ maxLen })).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});
