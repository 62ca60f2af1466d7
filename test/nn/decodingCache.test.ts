import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  DecodingCache,
  dispose,
  init,
  learned,
  manualSeed,
  type PositionalEncoding,
  randn,
  rotary,
  runtime,
  scope,
  shaw,
  sinusoidal,
  type Tensor,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  t5Bias,
  tensor,
  window,
  xlRelative,
} from "../../ts/index.ts";
import { Positional } from "../../ts/nn/positional.ts";

beforeAll(() => init());
afterAll(() => dispose());

const [batch, tgtLen, memoryLen, dModel, numHeads] = [2, 23, 7, 12, 3] as const;
const steps = [
  [0, 11],
  [11, 12],
  [12, 20],
  [20, 21],
  [21, 23],
] as const;

const encodings: readonly [string, PositionalEncoding | null][] = [
  ["none", null],
  ["sinusoidal", sinusoidal()],
  ["learned", learned(tgtLen, { std: 1 })],
  ["rotary", rotary()],
  ["rotary, interleaved and scaled", rotary({ interleaved: true, rotaryDim: 2, scaling: { type: "linear", factor: 3 } })],
  ["ALiBi", alibi()],
  ["T5's buckets", t5Bias({ bidirectional: false, numBuckets: 6, maxDistance: 12 })],
  ["Shaw's", shaw({ maxDistance: 4, values: true })],
  ["Transformer-XL's", xlRelative()],
];

/** Tokens `from` to `to` of `x`. */
function tokens(x: Tensor, from: number, to: number): Tensor {
  const [items, length, width] = x.shape as [number, number, number];
  const item = (b: number) => [...x.view().subarray((b * length + from) * width, (b * length + to) * width)];
  return tensor(Float32Array.from(Array.from({ length: items }, (_, b) => item(b)).flat()), [items, to - from, width]);
}

function expectClose(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [a.view() as Float32Array, b.view() as Float32Array];
  for (let i = 0; i < x.length; i += 1) expect(Math.abs(x[i]! - y[i]!)).toBeLessThan(1e-6);
}

/** An encoding for embeddings, and what is left of it for the layers. */
function bound(encoding: PositionalEncoding | null): { embed(x: Tensor, place?: number): Tensor; positional: Positional | null } {
  const positional = encoding && new Positional(encoding, { embedDim: dModel, numHeads });
  return {
    embed: (x, place = 0) => positional?.forward(x, place) ?? x,
    positional: positional?.isForAttention ? positional : null,
  };
}

describe.each([null, tgtLen])("caches with room for %s", (maxLen) => {
  describe.each([false, true])("normFirst %s", (normFirst) => {
    test.each(encodings)("an encoder as a causal decoder steps as it runs: %s", (_, encoding) => {
      scope(() => {
        manualSeed(3);
        const { embed, positional } = bound(encoding);
        const layer = new TransformerEncoderLayer(dModel, numHeads, { dimFeedforward: 17, normFirst, positional });
        const encoder = new TransformerEncoder(layer, 2).eval();
        const x = randn([batch, tgtLen, dModel]);
        const whole = encoder.forward(embed(x), { isCausal: true });
        using cache = new DecodingCache({ maxLen });
        for (const [from, to] of steps)
          expectClose(encoder.step(embed(tokens(x, from, to), from), cache), tokens(whole, from, to));
        expect(cache.length).toBe(tgtLen);
      });
    });

    test.each(encodings)("a decoder steps as it runs: %s", (_, encoding) => {
      scope(() => {
        manualSeed(4);
        const { embed, positional } = bound(encoding);
        const layer = new TransformerDecoderLayer(dModel, numHeads, { dimFeedforward: 17, normFirst, positional });
        const decoder = new TransformerDecoder(layer, 2).eval();
        const [x, memory] = [randn([batch, tgtLen, dModel]), randn([batch, memoryLen, dModel])];
        const call = { memoryLengths: [memoryLen, 4] };
        const whole = decoder.forward(embed(x), memory, { ...call, tgtIsCausal: true });
        using cache = new DecodingCache({ maxLen });
        for (const [from, to] of steps) {
          const out = decoder.step(embed(tokens(x, from, to), from), memory, cache, call);
          expectClose(out, tokens(whole, from, to));
          expect(out.requiresGrad).toBe(false);
        }
      });
    });
  });
});

test("a Transformer steps as it runs, under masks of the caller's too", () => {
  scope(() => {
    manualSeed(5);
    const model = new Transformer({ dModel, numHeads, numEncoderLayers: 1, numDecoderLayers: 2, dimFeedforward: 17 }).eval();
    const [src, tgt] = [randn([batch, memoryLen, dModel]), randn([batch, tgtLen, dModel])];
    const crossMask = window(5);
    const whole = model.forward(src, tgt, { srcLengths: [5, 7], decoderMask: window(4), tgtIsCausal: true, crossMask });
    const memory = model.encoder.forward(src, { lengths: [5, 7] });
    using cache = new DecodingCache();
    // The window of the cross mask counts queries from the first of each step: one step for all of them.
    const call = { memoryLengths: [5, 7], mask: window(4), crossMask };
    expectClose(model.step(tgt, memory, cache, call), whole);
  });
});

test("the memory is projected once", () => {
  scope(() => {
    const decoder = new TransformerDecoder(new TransformerDecoderLayer(dModel, numHeads), 2).eval();
    const [x, memory] = [randn([batch, 2, dModel]), randn([batch, memoryLen, dModel])];
    using cache = new DecodingCache();
    decoder.step(x, memory, cache);
    cache.truncate(0);
    const first = decoder.step(x, memory, cache).toArray();
    memory.view().fill(9);
    cache.truncate(0);
    expect(decoder.step(x, memory, cache).toArray()).toEqual(first);
    expect(() => decoder.step(x, randn([batch, memoryLen + 1, dModel]), cache)).toThrow(
      expect.objectContaining({ code: "SHAPE", message: expect.stringContaining("as the memory in the cache") }),
    );
  });
});

test("items of the batch go on as told", () => {
  scope(() => {
    const decoder = new TransformerDecoder(new TransformerDecoderLayer(dModel, numHeads), 2).eval();
    const [x, memory] = [randn([batch, 3, dModel]), randn([batch, memoryLen, dModel])];
    const next = tokens(randn([1, 1, dModel]), 0, 1);
    using cache = new DecodingCache();
    decoder.step(x, memory, cache);
    cache.select([1, 0, 1]);
    const three = (one: Tensor) => tensor(Float32Array.from([1, 2, 3].flatMap(() => [...one.view()])), [3, 1, dModel]);
    const swapped = tensor(
      Float32Array.from(
        [1, 0, 1].flatMap((b) => [...memory.view().subarray(b * memoryLen * dModel, (b + 1) * memoryLen * dModel)]),
      ),
      [3, memoryLen, dModel],
    );
    const out = decoder.step(three(next), swapped, cache).toNested() as number[][][];
    expect(out[0]).toEqual(out[2]);
    expect(out[0]).not.toEqual(out[1]);
    expect(() => cache.select([3])).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

test("a cache gives its memory back", () => {
  const decoder = new TransformerDecoder(new TransformerDecoderLayer(dModel, numHeads), 2).eval();
  const before = runtime.memory.used;
  const cache = new DecodingCache();
  scope(() => {
    const memory = randn([batch, memoryLen, dModel]);
    for (let i = 0; i < 40; i += 1) decoder.step(randn([batch, 1, dModel]), memory, cache);
    cache.select([1]);
  });
  expect(runtime.memory.used).toBeGreaterThan(before);
  cache.dispose();
  expect(runtime.memory.used).toBe(before);
  decoder.dispose();
});

test("what does not fit is refused, and the cache is as it was", () => {
  scope(() => {
    const encoder = new TransformerEncoder(new TransformerEncoderLayer(dModel, numHeads), 2).eval();
    using cache = new DecodingCache({ maxLen: 4 });
    encoder.step(randn([1, 3, dModel]), cache);
    expect(() => encoder.step(randn([1, 2, dModel]), cache)).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => encoder.step(randn([2, 1, dModel]), cache)).toThrow(expect.objectContaining({ code: "SHAPE" }));
    expect(cache.length).toBe(3);
    expect(() => cache.truncate(5)).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => new DecodingCache({ maxLen: 0 })).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(() => new DecodingCache().truncate(1)).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});
