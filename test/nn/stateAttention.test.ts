import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AdamW,
  BahdanauAttention,
  concat,
  crossEntropy,
  dispose,
  drop,
  Embedding,
  GRU,
  GRUCell,
  gradCheck,
  init,
  Linear,
  LuongAttention,
  manualSeed,
  narrow,
  noGrad,
  randn,
  runtime,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";
import { random } from "../harness/random.ts";

beforeAll(() => init({ threads: 2 }));
afterAll(() => dispose());

const [batch, queryLen, keyLen, querySize, keySize, hiddenSize] = [3, 2, 5, 4, 6, 7] as const;
const lengths = [5, 0, 2];

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, x, i) => total + x * b[i]!, 0);
const rows = (matrix: Tensor): number[][] => matrix.toNested() as number[][];
const times = (matrix: Tensor, x: readonly number[]) => rows(matrix).map((row) => dot(row, x));
type Score = (query: number[], key: number[]) => number;

/** Each kind of attention, with its score in plain float64. */
const kinds = {
  bahdanau: () => {
    const attention = new BahdanauAttention(querySize, keySize, hiddenSize);
    const { queryProj, keyProj, score } = attention;
    const plain: Score = (query, key) => {
      const [q, k] = [times(queryProj.weight, query), times(keyProj.weight, key)];
      return dot(
        rows(score.weight)[0]!,
        q.map((x, i) => Math.tanh(x + k[i]!)),
      );
    };
    return { attention, plain, querySize };
  },
  "luong, general": () => {
    const attention = new LuongAttention(querySize, keySize);
    const plain: Score = (query, key) => dot(times(attention.queryProj!.weight, query), key);
    return { attention, plain, querySize };
  },
  "luong, dot": () => ({
    attention: new LuongAttention(keySize, keySize, { score: "dot" }),
    plain: dot as Score,
    querySize: keySize,
  }),
};

describe.each(Object.entries(kinds))("%s", (_, make) => {
  const inputs = (querySize: number) => ({
    query: randn([batch, queryLen, querySize], { requiresGrad: true }),
    keys: randn([batch, keyLen, keySize], { requiresGrad: true }),
  });

  test("equals plain loops; padding weighs nothing, and where all is padding the context is 0", () => {
    scope(() => {
      manualSeed(1);
      const { attention, plain, querySize } = make();
      const { query, keys } = inputs(querySize);
      const { out, weights } = attention.forward(query, keys, { lengths, needWeights: true });
      const [queries, states] = [query.toNested(), keys.toNested()] as number[][][][];
      for (const [b, length] of lengths.entries()) {
        for (let i = 0; i < queryLen; i += 1) {
          const exps = states![b]!.slice(0, length).map((key) => Math.exp(plain(queries![b]![i]!, key)));
          const total = exps.reduce((sum, x) => sum + x, 0);
          const expected = Array.from({ length: keyLen }, (_, j) => (j < length ? exps[j]! / total : 0));
          const context = Array.from({ length: keySize }, (_, c) =>
            dot(
              expected,
              states![b]!.map((state) => state[c]!),
            ),
          );
          const row = (t: Tensor, width: number) => [
            ...t.view().subarray((b * queryLen + i) * width, (b * queryLen + i + 1) * width),
          ];
          row(weights!, keyLen).forEach((weight, j) => {
            expect(Math.abs(weight - expected[j]!)).toBeLessThan(1e-6);
            if (j >= length) expect(weight).toBe(0);
          });
          row(out, keySize).forEach((value, c) => {
            expect(Math.abs(value - context[c]!)).toBeLessThan(2e-6);
            if (length === 0) expect(value).toBe(0);
          });
        }
      }
    });
  });

  test("gradients of query, states and parameters, with a row that sees nothing", () => {
    scope(() => {
      manualSeed(2);
      const { attention, querySize } = make();
      const { query, keys } = inputs(querySize);
      gradCheck(
        (...[query, keys]: Tensor[]) => {
          const { out, weights } = attention.forward(query!, keys!, { lengths, needWeights: true });
          return concat([out.reshape([-1]), weights!.reshape([-1])]);
        },
        [query, keys, ...attention.parameters()],
      );
      query.zeroGrad();
      keys.zeroGrad();
      sum(attention.forward(query, keys, { lengths }).out).backward();
      const of = (x: Tensor, item: number, width: number) => [...x.grad!.view().subarray(item * width, (item + 1) * width)];
      expect(of(query, 1, queryLen * querySize).every((value) => value === 0)).toBe(true);
      expect(of(keys, 1, keyLen * keySize).every((value) => value === 0)).toBe(true);
    });
  });

  test("a query of two axes is one step of the whole; masks are those of attention", () => {
    scope(() => {
      manualSeed(3);
      const { attention, querySize } = make();
      const { query, keys } = inputs(querySize);
      const mask = drop(tensor([0, 1, 0, 1, 0], { dtype: "bool" }));
      const whole = attention.forward(query, keys, { mask, lengths, needWeights: true });
      for (let i = 0; i < queryLen; i += 1) {
        const one = tensor((query.toNested() as number[][][]).map((item) => item[i]!));
        const { out, weights } = attention.forward(one, keys, { mask, lengths, needWeights: true });
        const expected = (t: Tensor) => (t.toNested() as number[][][]).flatMap((item) => item[i]!);
        for (const [ours, theirs] of [
          [out, expected(whole.out)],
          [weights!, expected(whole.weights!)],
        ] as const)
          ours.view().forEach((value: number, at: number) => {
            expect(Math.abs(value - theirs[at]!)).toBeLessThan(1e-6);
          });
        expect([...weights!.view()].filter((_, at) => at % keyLen === 1)).toEqual([0, 0, 0]);
      }
    });
  });
});

test("projected keys are used as they are", () => {
  scope(() => {
    const attention = new BahdanauAttention(querySize, keySize, hiddenSize);
    const [query, keys] = [randn([batch, querySize]), randn([batch, keyLen, keySize])];
    const projectedKeys = attention.projectKeys(keys);
    expect(attention.forward(query, keys, { projectedKeys }).out.toArray()).toEqual(attention.forward(query, keys).out.toArray());
    expect(projectedKeys.shape).toEqual([batch, keyLen, hiddenSize]);
  });
});

describe("what does not fit is refused", () => {
  const attention = () => new BahdanauAttention(querySize, keySize, hiddenSize);
  const [query, keys] = [() => randn([batch, querySize]), () => randn([batch, keyLen, keySize])];
  const refused: Record<string, [call: () => unknown, code: string]> = {
    "a query of one axis": [() => attention().forward(randn([querySize]), keys()), "RANK"],
    "a query of another width": [() => attention().forward(randn([batch, 5]), keys()), "SHAPE"],
    "a query of another batch": [() => attention().forward(randn([2, querySize]), keys()), "SHAPE"],
    "states of two axes": [() => attention().forward(query(), randn([batch, keySize])), "RANK"],
    "states of another width": [
      () => new LuongAttention(querySize, keySize).forward(query(), randn([batch, keyLen, 5])),
      "SHAPE",
    ],
    "projected keys of another length": [
      () => attention().forward(query(), keys(), { projectedKeys: randn([batch, 4, hiddenSize]) }),
      "SHAPE",
    ],
    "lengths of another batch": [() => attention().forward(query(), keys(), { lengths: [1] }), "MASK"],
    "a dot of different sizes": [() => new LuongAttention(4, 6, { score: "dot" }), "SHAPE"],
    "another score": [() => new LuongAttention(4, 6, { score: "concat" as "dot" }), "RANGE"],
  };
  test.each(Object.entries(refused))("%s", (_, [call, code]) => {
    scope(() => {
      expect(call).toThrow(expect.objectContaining({ code }));
    });
  });
});

test("an encoder and a decoder with attention learn to turn sequences round", () => {
  manualSeed(5);
  const [symbols, width, longest, items] = [6, 24, 5, 32];
  const encoder = new GRU(width, width, { bidirectional: true });
  const attention = new BahdanauAttention(width, 2 * width, width);
  const cell = new GRUCell(3 * width, width);
  const [embedding, head] = [new Embedding(symbols, width), new Linear(width, symbols)];
  const modules = [encoder, attention, cell, embedding, head];
  const optimizer = new AdamW(
    modules.flatMap((module) => module.parameters()),
    { lr: 0.01 },
  );
  const rng = random(5);
  const draw = () =>
    Array.from({ length: items }, () => Array.from({ length: 2 + rng.below(longest - 1) }, () => 1 + rng.below(symbols - 1)));
  const padded = (rows: number[][], fill: number) =>
    tensor(Int32Array.from(rows.flatMap((row) => Array.from({ length: longest }, (_, i) => row[i] ?? fill))), [items, longest]);
  /** The decoder is given the right symbol before. */
  const lossOf = (sequences: number[][]) => {
    const lengths = sequences.map((sequence) => sequence.length);
    const { out: states, hn } = encoder.forward(embedding.forward(padded(sequences, 0)), { lengths });
    const projectedKeys = attention.projectKeys(states);
    const turned = sequences.map((sequence) => sequence.toReversed());
    let h = narrow(hn, { start: 1, length: 1 }).reshape([items, width]); // of the reverse direction
    const steps = Array.from({ length: longest }, (_, step) => {
      const before = tensor(Int32Array.from(turned, (sequence) => (step > 0 ? (sequence[step - 1] ?? 0) : 0)));
      const { out } = attention.forward(h, states, { lengths, projectedKeys });
      ({ h } = cell.forward(concat([embedding.forward(before), out], { axis: 1 }), { h }));
      return head.forward(h);
    });
    const labels = steps.map((_, step) => tensor(Int32Array.from(turned, (sequence) => sequence[step] ?? -100)));
    return crossEntropy(concat(steps), concat32(labels));
  };
  let used = 0;
  const losses = Array.from({ length: 150 }, (_, i) => {
    const loss = scope(() => {
      const loss = lossOf(draw());
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
    if (i === 5) used = runtime.memory.used;
    if (i > 5) expect(runtime.memory.used, `bytes after step ${i}`).toBe(used);
    return loss;
  });
  expect(losses[0]).toBeGreaterThan(1.3);
  expect(scope(() => noGrad(() => lossOf(draw()).item()))).toBeLessThan(0.2); // 0.02
  for (const each of [...modules, optimizer]) each.dispose();
});

/** One after the other: `concat` is of floats. */
function concat32(parts: readonly Tensor[]): Tensor {
  return tensor(Int32Array.from(parts.flatMap((part) => [...part.view()])));
}
