import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { concat } from "../../ts/ops/concat.ts";
import { all, bias } from "../../ts/ops/mask.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { random } from "../harness/random.ts";
import { configurations } from "../harness/variants.ts";
import { dims, type MaskCase, maskCases } from "./matrix.ts";

const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim, valueHeadDim } = dims;
const group = numHeads / numKvHeads;

const shapes = {
  query: [batch, queryLen, numHeads, headDim],
  key: [batch, keyLen, numKvHeads, headDim],
  value: [batch, keyLen, numKvHeads, valueHeadDim],
  dOut: [batch, queryLen, numHeads, valueHeadDim],
};
type Input = keyof typeof shapes;
type Inputs = Record<Input, Float32Array>;
type Results = Record<"out" | "weights" | "lse" | "dQuery" | "dKey" | "dValue", Float32Array> & { dBias?: Float32Array };
/** What else the loss depends on: the weights too, or a bias of every score. */
const modes = ["out", "weights", "bias"] as const;
type Mode = (typeof modes)[number];

const clean: Inputs = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], seed) => {
    const rng = random(seed);
    return [name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal())];
  }),
) as Inputs;

const scoreBias = Float32Array.from({ length: batch * numHeads * queryLen * keyLen }, (_, i) => ((i * 11) % 17) / 8 - 1);

/** Attention and its gradients. */
function attend({ mask }: MaskCase, inputs: Inputs, mode: Mode): Results {
  return scope(() => {
    const leaf = (name: Input) => tensor(inputs[name], shapes[name], { requiresGrad: name !== "dOut" });
    const [query, key, value, dOut] = [leaf("query"), leaf("key"), leaf("value"), leaf("dOut")];
    const added = mode === "bias" ? tensor(scoreBias, [batch, numHeads, queryLen, keyLen], { requiresGrad: true }) : null;
    const options = { mask: all(mask(), added && bias(added)), needWeights: true, needLse: true };
    const { out, weights, lse } = scaledDotProductAttention(query, key, value, options);
    if (mode === "weights") {
      const dWeights = tensor(
        Float32Array.from({ length: weights!.length }, (_, i) => ((i * 7) % 13) - 6),
        [weights!.length],
      );
      concat([out.reshape([-1]), weights!.reshape([-1])]).backward(concat([dOut.reshape([-1]), dWeights]));
    } else out.backward(dOut);
    const results = { out, weights: weights!, lse: lse!, dQuery: query.grad!, dKey: key.grad!, dValue: value.grad! };
    const copies = Object.entries({ ...results, ...(added && { dBias: added.grad! }) });
    return Object.fromEntries(copies.map(([name, copied]) => [name, copied.toArray()])) as unknown as Results;
  });
}

/** Calls `visit` for every query of every head. */
function forEachQuery(visit: (b: number, h: number, i: number) => void): void {
  for (let b = 0; b < batch; b++) for (let h = 0; h < numHeads; h++) for (let i = 0; i < queryLen; i++) visit(b, h, i);
}

const keys = [...Array(keyLen).keys()];
const seesAny = ({ sees }: MaskCase, b: number, h: number, i: number): boolean => keys.some((j) => sees(b, h, i, j));
/** Whether any query that reads key head `kvHead` sees key j. */
const seenByAny = ({ sees }: MaskCase, b: number, kvHead: number, j: number): boolean =>
  [...Array(group * queryLen).keys()].some((n) => sees(b, kvHead * group + (n % group), Math.floor(n / group), j));

const part = (values: Float32Array, index: number, width: number): Float32Array =>
  values.subarray(index * width, (index + 1) * width);
const queryRow = (b: number, h: number, i: number): number => (b * queryLen + i) * numHeads + h;
const keyRow = (b: number, kvHead: number, j: number): number => (b * keyLen + j) * numKvHeads + kvHead;
const scoreRow = (b: number, h: number, i: number): number => (b * numHeads + h) * queryLen + i;

const isZero = (values: Float32Array): boolean => values.every((value) => value === 0);
const sameBits = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

const variants = configurations().filter(({ threads }) => threads < 4);

describe.each(variants)("$variant, threads: $threads", (configuration) => {
  beforeAll(() => init(configuration));
  afterAll(() => dispose());

  describe.each([...maskCases])("$name", (maskCase) => {
    test.each(modes)("what is masked is exactly 0; the loss depends on: %s", (mode) => {
      const { out, weights, lse, dQuery, dKey, dValue, dBias } = attend(maskCase, clean, mode);
      forEachQuery((b, h, i) => {
        const at = `item ${b}, head ${h}, query ${i}`;
        const row = part(weights, scoreRow(b, h, i), keyLen);
        for (const j of keys)
          if (!maskCase.sees(b, h, i, j) && row[j] !== 0) expect.fail(`${at}: masked key ${j} has weight ${row[j]}`);
        const dRow = dBias && part(dBias, scoreRow(b, h, i), keyLen);
        for (const j of keys)
          if (dRow && !maskCase.sees(b, h, i, j) && dRow[j] !== 0)
            expect.fail(`${at}: masked score ${j} has gradient ${dRow[j]}`);
        const total = row.reduce((sum, weight) => sum + weight, 0);
        if (seesAny(maskCase, b, h, i)) {
          if (!(Math.abs(total - 1) <= 2e-6)) expect.fail(`${at}: its weights sum to ${total}`);
          return;
        }
        const zero =
          isZero(row) && isZero(part(out, queryRow(b, h, i), valueHeadDim)) && isZero(part(dQuery, queryRow(b, h, i), headDim));
        if (!zero || lse[scoreRow(b, h, i)] !== -Infinity) expect.fail(`${at} sees nothing and is not 0 throughout`);
      });
      for (let b = 0; b < batch; b++) {
        for (let kvHead = 0; kvHead < numKvHeads; kvHead++) {
          for (const j of keys) {
            if (seenByAny(maskCase, b, kvHead, j)) continue;
            const row = keyRow(b, kvHead, j);
            const zero = isZero(part(dKey, row, headDim)) && isZero(part(dValue, row, valueHeadDim));
            if (!zero) expect.fail(`item ${b}, key head ${kvHead}: nobody sees key ${j} and it has a gradient`);
          }
        }
      }
    });

    if (maskCase.readsMasked) return;
    test.each([Number.NaN, Infinity, -Infinity, 3e38])("%f where nobody looks changes no bit", (poison) => {
      const poisoned = mapInputs((values) => values.slice());
      forEachQuery((b, h, i) => {
        if (seesAny(maskCase, b, h, i)) return;
        part(poisoned.query, queryRow(b, h, i), headDim).fill(poison);
        part(poisoned.dOut, queryRow(b, h, i), valueHeadDim).fill(poison);
      });
      for (let b = 0; b < batch; b++) {
        for (let kvHead = 0; kvHead < numKvHeads; kvHead++) {
          for (const j of keys) {
            if (seenByAny(maskCase, b, kvHead, j)) continue;
            part(poisoned.key, keyRow(b, kvHead, j), headDim).fill(poison);
            part(poisoned.value, keyRow(b, kvHead, j), valueHeadDim).fill(poison);
          }
        }
      }
      for (const mode of modes) {
        const [before, after] = [attend(maskCase, clean, mode), attend(maskCase, poisoned, mode)];
        for (const name of Object.keys(before) as (keyof Results)[]) {
          if (!sameBits(before[name]!, after[name]!)) expect.fail(`${name} changed; the loss depends on: ${mode}`);
        }
      }
    });

    test("NaN in one key and its value reaches only the queries that see it", () => {
      const [item, kvHead, key] = [1, 0, 40];
      const poisoned = mapInputs((values) => values.slice());
      part(poisoned.key, keyRow(item, kvHead, key), headDim).fill(Number.NaN);
      part(poisoned.value, keyRow(item, kvHead, key), valueHeadDim).fill(Number.NaN);
      const [before, after] = [attend(maskCase, clean, "out"), attend(maskCase, poisoned, "out")];
      forEachQuery((b, h, i) => {
        const sees = b === item && Math.floor(h / group) === kvHead && maskCase.sees(b, h, i, key);
        const rows = (["out", "weights", "lse", "dQuery"] as const).map((name) => {
          const width = { out: valueHeadDim, weights: keyLen, lse: 1, dQuery: headDim }[name];
          const row = name === "out" || name === "dQuery" ? queryRow(b, h, i) : scoreRow(b, h, i);
          return { name, old: part(before[name], row, width), now: part(after[name], row, width) };
        });
        for (const { name, old, now } of rows) {
          if (sees ? name !== "weights" && !now.every(Number.isNaN) : !sameBits(old, now)) {
            expect.fail(
              `${name} of item ${b}, head ${h}, query ${i}, which ${sees ? "sees" : "does not see"} it: ${old[0]} became ${now[0]}`,
            );
          }
        }
      });
    });
  });
});

function mapInputs(change: (values: Float32Array) => Float32Array): Inputs {
  return Object.fromEntries(Object.entries(clean).map(([name, values]) => [name, change(values)])) as Inputs;
}
