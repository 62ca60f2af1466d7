import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collate, planBatches } from "../../ts/data/index.ts";
import { batches, dispose, init, runtime, scope } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const example = (label: number, ...ids: number[]) => ({ ids, label });

test("shorter examples are padded, longer ones lose their end", () => {
  scope(() => {
    const batch = collate([example(1, 5, 6, 7, 8), example(0, 9), example(2)], { maxLen: 3, paddingIdx: -1 });
    expect(batch.ids.toNested()).toEqual([
      [5, 6, 7],
      [9, -1, -1],
      [-1, -1, -1],
    ]);
    expect(batch.lengths).toEqual([3, 1, 0]);
    expect(batch.labels.toNested()).toEqual([1, 0, 2]);
  });
});

test("without a seed the order is that of the data", () => {
  expect(planBatches([3, 1, 2, 5, 4], { batchSize: 2 })).toEqual([[0, 1], [2, 3], [4]]);
});

describe("with a seed", () => {
  const lengths = Array.from({ length: 1000 }, (_, i) => 1 + ((i * 37) % 60));
  const plan = planBatches(lengths, { batchSize: 32, seed: 4 });

  test("every example comes once, and all batches but one are full", () => {
    expect(plan.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
    expect(plan.map(({ length }) => length).filter((length) => length !== 32)).toEqual([1000 % 32]);
  });

  test("the same seed gives the same batches, another others", () => {
    expect(planBatches(lengths, { batchSize: 32, seed: 4 })).toEqual(plan);
    expect(planBatches(lengths, { batchSize: 32, seed: 5 })).not.toEqual(plan);
  });

  test("examples of like length are together, in batches of no order", () => {
    const padded = plan.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map((i) => lengths[i]!)), 0);
    const real = lengths.reduce((sum, length) => sum + length);
    expect(padded / real).toBeLessThan(1.1);
    const longest = plan.map((batch) => Math.max(...batch.map((i) => lengths[i]!)));
    expect([...longest].sort((a, b) => a - b)).not.toEqual(longest);
  });
});

test("a batch lives until the next is taken, and the last until the loop ends", () => {
  const before = runtime.memory.used;
  const taken = [];
  for (const batch of batches([example(0, 1), example(1, 2), example(0, 3)], { batchSize: 1 })) {
    expect(taken.every(({ ids }) => !ids.alive)).toBe(true);
    taken.push(batch);
    if (taken.length === 2) break;
  }
  expect(runtime.memory.used).toBe(before);
});

describe("what makes no batch is refused", () => {
  test.each([
    ["an id that is no number", () => collate([example(0, Number.NaN)]), "DATA"],
    ["an id with a fraction", () => collate([example(0, 1.5)]), "DATA"],
    ["a missing label", () => collate([{ ids: [1] } as never]), "DATA"],
    ["a batch size of 0", () => planBatches([1], { batchSize: 0 }), "RANGE"],
    ["a length of 0", () => collate([example(0, 1)], { maxLen: 0 }), "RANGE"],
  ])("%s", (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
