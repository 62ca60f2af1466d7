import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  causal,
  concat,
  dispose,
  gradCheck,
  init,
  learned,
  MultiheadAttention,
  manualSeed,
  narrow,
  Positional,
  type PositionalEncoding,
  randn,
  rotary,
  scope,
  shaw,
  sinusoidal,
  type Tensor,
  t5Bias,
  xlRelative,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, embedDim, numHeads] = [2, 7, 12, 3] as const;

/** Encodings that attention applies, all of distances. */
const inAttention: Record<string, PositionalEncoding> = {
  rotary: rotary(),
  "rotary, interleaved, a part": rotary({ interleaved: true, rotaryDim: 2 }),
  alibi: alibi(),
  t5Bias: t5Bias({ numBuckets: 8, maxDistance: 6 }),
  "t5Bias of a decoder": t5Bias({ numBuckets: 4, maxDistance: 5, bidirectional: false }),
  shaw: shaw({ maxDistance: 2 }),
  "shaw, values too": shaw({ maxDistance: 3, values: true }),
  xlRelative: xlRelative(),
  "xlRelative, both directions": xlRelative({ causal: false, clampLen: 4 }),
};

function make(positional: PositionalEncoding): { attention: MultiheadAttention; x: Tensor } {
  manualSeed(7);
  const attention = new MultiheadAttention(embedDim, numHeads, { positional });
  // XL's vectors start so small that a wrong one would not show.
  for (const [, parameter] of attention.positional!.namedParameters()) parameter.view().set(randn(parameter.shape).view());
  return { attention, x: randn([batch, seqLen, embedDim]) };
}

/** The largest difference. */
function furthest(ours: Tensor, theirs: Tensor): number {
  expect(ours.shape).toEqual(theirs.shape);
  return Math.max(...Array.from(ours.view(), (value, i) => Math.abs(value - theirs.view()[i]!)));
}

describe.each(Object.entries(inAttention))("%s", (_, encoding) => {
  test("moving queries and keys together changes nothing: distance is all that counts", () => {
    scope(() => {
      const { attention, x } = make(encoding);
      const mask = causal();
      const moved = attention.forward(x, x, x, { mask, places: { query: 50, key: 50 } }).out;
      expect(furthest(moved, attention.forward(x, x, x, { mask }).out)).toBeLessThan(2e-5);
    });
  });

  test("moving queries alone does", () => {
    scope(() => {
      const { attention, x } = make(encoding);
      const [near, far] = [1, 2].map((query) => attention.forward(x, x, x, { places: { query } }).out) as [Tensor, Tensor];
      expect(furthest(near, far)).toBeGreaterThan(1e-3);
    });
  });

  test("queries that follow n keys are the last of the whole", () => {
    scope(() => {
      const { attention, x } = make(encoding);
      const whole = attention.forward(x, x, x, { mask: causal(), needWeights: true });
      for (const start of [3, 6]) {
        const last = narrow(x, { axis: 1, start, length: seqLen - start });
        const places = { query: start };
        const step = attention.forward(last, x, x, { mask: causal({ offset: start }), places, needWeights: true });
        expect(furthest(step.out, narrow(whole.out, { axis: 1, start, length: seqLen - start }))).toBeLessThan(3e-6);
        expect(furthest(step.weights!, narrow(whole.weights!, { axis: 1, start, length: seqLen - start }))).toBeLessThan(3e-6);
      }
    });
  });

  test("the order of tokens matters", () => {
    scope(() => {
      const { attention, x } = make(encoding);
      const swapped = concat(
        [0, 1, 2, 5, 4, 3, 6].map((start) => narrow(x, { axis: 1, start, length: 1 })),
        { axis: 1 },
      );
      const last = (tensor: Tensor) => narrow(attention.forward(tensor, tensor, tensor).out, { axis: 1, start: 6, length: 1 });
      expect(furthest(last(x), last(swapped))).toBeGreaterThan(1e-3);
    });
  });

  test("gradients of the input and of what is trained", () => {
    scope(() => {
      const { attention, x } = make(encoding);
      x.requiresGrad = true;
      const inputs = [x, ...attention.positional!.parameters()];
      const run = (..._: Tensor[]) => attention.forward(x, x, x, { mask: causal() }).out;
      expect(gradCheck(run, inputs, { elements: 12 }).compared).toBeGreaterThan(inputs.length);
      run().backward(randn([batch, seqLen, embedDim]));
      for (const { grad } of inputs) expect(Math.max(...grad!.view())).toBeGreaterThan(0);
    });
  });

  test("sizes of 0", () => {
    scope(() => {
      const { attention } = make(encoding);
      for (const [queryLen, keyLen] of [
        [0, 3],
        [3, 0],
        [0, 0],
      ] as const) {
        const [query, key] = [randn([batch, queryLen, embedDim]), randn([batch, keyLen, embedDim])];
        expect(attention.forward(query, key, key).out.shape).toEqual([batch, queryLen, embedDim]);
      }
    });
  });
});

describe.each(Object.entries({ sinusoidal: sinusoidal(), learned: learned(60) }))("%s", (_, encoding) => {
  test("tokens that follow others stand where they would in the whole", () => {
    scope(() => {
      const positional = new Positional(encoding, { embedDim, numHeads });
      const x = randn([batch, seqLen, embedDim]);
      const whole = positional.forward(x);
      const last = { axis: 1, start: 4, length: seqLen - 4 };
      expect(furthest(positional.forward(narrow(x, last), 4), narrow(whole, last))).toBeLessThan(1e-7);
    });
  });
});
