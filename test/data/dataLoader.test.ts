import { dispose, init, runtime, type Tensor } from "fovea";
import {
  classWeights,
  collate,
  DataLoader,
  type DataLoaderOptions,
  type Example,
  padFrames,
  padIds,
  pairLengths,
  planBatches,
  truncate,
} from "fovea/data";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const numbers = Array.from({ length: 103 }, (_, i) => i);
const examples: Example[] = numbers.map((i) => ({ ids: new Array<number>(1 + ((i * 37) % 29)).fill(i), label: i % 3 }));

async function* streamed<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items;
}

/** A data set that can be read again and is no array, as a file is. */
const stream = <T>(items: readonly T[]): AsyncIterable<T> => ({ [Symbol.asyncIterator]: () => streamed(items) });

const lists = <T>(data: Iterable<T> | AsyncIterable<T>, options: Partial<DataLoaderOptions<T, T[]>> = {}): DataLoader<T, T[]> =>
  new DataLoader<T, T[]>(data, { batchSize: 10, collate: (items) => [...items], ...options });

async function epoch<T, B>(loader: DataLoader<T, B>): Promise<B[]> {
  const batches: B[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

const sorted = (batches: readonly (readonly number[])[]): number[] => batches.flat().sort((a, b) => a - b);

describe.each([
  ["an array", numbers],
  ["a set", new Set(numbers)],
  ["a stream", stream(numbers)],
])("DataLoader over %s", (_, data) => {
  it("keeps the order without a seed, and the last batch unless told otherwise", async () => {
    const batches = await epoch(lists(data));
    expect(batches.flat()).toEqual(numbers);
    expect(batches.map(({ length }) => length)).toEqual([...new Array(10).fill(10), 3]);
    expect(sorted(await epoch(lists(data, { dropLast: true })))).toEqual(numbers.slice(0, 100));
  });

  it("draws another order in each epoch, the same ones from the same seed", async () => {
    const [one, two] = [lists(data, { seed: 5, byLength: false }), lists(data, { seed: 5, byLength: false })];
    const first = await epoch(one);
    expect(sorted(first)).toEqual(numbers);
    expect(first.flat()).not.toEqual(numbers);
    const second = await epoch(one);
    expect(second).not.toEqual(first);
    expect([await epoch(two), await epoch(two)]).toEqual([first, second]);
    expect(await epoch(lists(data, { seed: 6, byLength: false }))).not.toEqual(first);
  });

  it.each([0, 2, 20])(
    "goes on from a position in the middle of an epoch with the same batches, %d made ahead",
    async (prefetch) => {
      const drawing: Partial<DataLoaderOptions<number, number[]>> = {
        seed: 3,
        byLength: false,
        prefetch,
        windowSize: 40,
        collate: (items, { rng, epoch }) => [...items, rng.uint32(), epoch],
      };
      const whole = lists(data, drawing);
      const expected = [await epoch(whole), await epoch(whole)].flat();
      for (const stop of [1, 4, 11, 12, 15]) {
        const stopped = lists(data, drawing);
        const got: number[][] = [];
        while (got.length < stop)
          for await (const batch of stopped) {
            got.push(batch);
            if (got.length === stop) break;
          }
        const saved = JSON.parse(JSON.stringify(stopped.state()));
        const resumed = lists(data, drawing);
        resumed.load(saved);
        while (got.length < expected.length) got.push(...(await epoch(resumed)));
        expect(got).toEqual(expected);
      }
    },
  );

  it("puts like lengths together", async () => {
    const lengthOf = (i: number): number => 1 + ((i * 37) % 29);
    const batches = await epoch(lists(data, { seed: 1, lengthOf }));
    expect(sorted(batches)).toEqual(numbers);
    for (const batch of batches) {
      const lengths = batch.map(lengthOf);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThan(6);
    }
  });

  it("fills batches up to a budget of tokens", async () => {
    const lengthOf = (i: number): number => 1 + ((i * 37) % 29);
    const batches = await epoch(lists(data, { batchSize: undefined, maxTokens: 64, seed: 1, windowSize: 30, lengthOf }));
    expect(sorted(batches)).toEqual(numbers);
    const tokens = batches.map((batch) => batch.length * Math.max(...batch.map(lengthOf)));
    expect(Math.max(...tokens)).toBeLessThanOrEqual(64);
    expect(tokens.reduce((sum, count) => sum + count) / tokens.length).toBeGreaterThan(40);
  });
});

describe("batches of tensors", () => {
  it("live until the next is taken, those made ahead too", async () => {
    const before = runtime.memory.used;
    const loader = new DataLoader(examples, { batchSize: 8, seed: 1, prefetch: 3, collate: (items) => collate(items) });
    const taken: Tensor[] = [];
    for await (const { ids, labels } of loader) {
      expect(taken.every((tensor) => !tensor.alive)).toBe(true);
      expect(ids.alive && labels.alive).toBe(true);
      taken.push(ids, labels);
      if (taken.length === 6) break;
    }
    expect(runtime.memory.used).toBe(before);
    expect(await epoch(loader)).toHaveLength(loader.length);
    expect(runtime.memory.used).toBe(before);
  });

  it("are freed where making one fails, which is thrown when its turn comes", async () => {
    const before = runtime.memory.used;
    const seen: number[] = [];
    const loader = new DataLoader(examples, {
      batchSize: 10,
      collate: (items) => collate(items[0]!.label === 2 ? [{ ids: [0.5], label: 0 }] : items),
    });
    await expect(
      (async () => {
        for await (const { lengths } of loader) seen.push(lengths.length);
      })(),
    ).rejects.toMatchObject({ code: "DATA" });
    expect(seen).toEqual([10, 10]);
    expect(runtime.memory.used).toBe(before);
  });
});

test("a data set that fails says so after the batches before it", async () => {
  async function* failing(): AsyncGenerator<number> {
    yield* numbers.slice(0, 25);
    throw new Error("the disk is gone");
  }
  const seen: number[][] = [];
  await expect(
    (async () => {
      for await (const batch of lists(failing())) seen.push(batch);
    })(),
  ).rejects.toThrow("the disk is gone");
  expect(seen.flat()).toEqual(numbers.slice(0, 20));
});

describe("padding", () => {
  const sequences = [[1, 2, 3, 4, 5], [6], []];

  it.each<[options: Parameters<typeof padIds>[1], rows: number[][]]>([
    [
      {},
      [
        [1, 2, 3, 4, 5],
        [6, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    ],
    [
      { maxLen: 3, paddingIdx: 9 },
      [
        [1, 2, 3],
        [6, 9, 9],
        [9, 9, 9],
      ],
    ],
    [
      { maxLen: 3, truncation: "start" },
      [
        [3, 4, 5],
        [6, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      { maxLen: 3, truncation: "middle" },
      [
        [1, 2, 5],
        [6, 0, 0],
        [0, 0, 0],
      ],
    ],
    [
      { maxLen: 2, padTo: 4 },
      [
        [1, 2, 0, 0],
        [6, 0, 0, 0],
        [0, 0, 0, 0],
      ],
    ],
    [
      { maxLen: 6, padTo: "maxLen" },
      [
        [1, 2, 3, 4, 5, 0],
        [6, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
      ],
    ],
  ])("%j", (options, rows) => {
    const { ids, lengths } = padIds(sequences, options);
    expect(ids.toNested()).toEqual(rows);
    expect(lengths).toEqual(sequences.map(({ length }) => Math.min(length, options?.maxLen ?? 5)));
    ids.dispose();
  });

  it("of vectors", () => {
    const { frames, lengths } = padFrames([Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(7, 8)], 2, {
      maxLen: 2,
      truncation: "start",
    });
    expect(frames.toNested()).toEqual([
      [
        [3, 4],
        [5, 6],
      ],
      [
        [7, 8],
        [0, 0],
      ],
    ]);
    expect(lengths).toEqual([2, 1]);
    frames.dispose();
  });

  it("cuts pairs", () => {
    expect(truncate([1, 2, 3, 4, 5], 4, "middle")).toEqual([1, 2, 4, 5]);
    expect(pairLengths(3, 4, 10)).toEqual([3, 4]);
    expect(pairLengths(30, 4, 10)).toEqual([6, 4]);
    expect(pairLengths(3, 40, 10)).toEqual([3, 7]);
    expect(pairLengths(30, 40, 11)).toEqual([5, 6]);
    expect(pairLengths(30, 4, 10, "onlyFirst")).toEqual([6, 4]);
    expect(pairLengths(4, 30, 10, "onlySecond")).toEqual([4, 6]);
    expect(() => pairLengths(4, 30, 10, "onlyFirst")).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

describe("classWeights", () => {
  it("makes up for classes of different size", () => {
    expect(classWeights([0, 0, 0, 2], 3)).toEqual([2 / 3, 0, 2]);
    expect(classWeights([], 2)).toEqual([0, 0]);
  });

  it("by the effective number of examples", () => {
    const [many, few] = classWeights([0, 0, 0, 1], 2, { beta: 0.5 }) as [number, number];
    expect(many + few).toBeCloseTo(2, 12);
    expect(few / many).toBeCloseTo((1 - 0.5 ** 3) / (1 - 0.5), 12);
  });
});

describe("what makes no sense is refused", () => {
  it.each<[what: string, call: () => unknown, code: string]>([
    ["a batch size of 0", () => lists(numbers, { batchSize: 0 }), "RANGE"],
    ["less than no batch ahead", () => lists(numbers, { prefetch: -1 }), "RANGE"],
    ["a window of nothing", () => lists(numbers, { windowSize: 0 }), "RANGE"],
    ["a budget of nothing", () => lists(numbers, { maxTokens: 0 }), "RANGE"],
    ["no position", () => lists(numbers).load({ epoch: 0, batch: -1 }), "RANGE"],
    ["the length of a stream", () => lists(stream(numbers)).length, "STATE"],
    ["an item longer than the budget", () => planBatches([3, 9], { maxTokens: 8 }), "RANGE"],
    ["padding to a length not given", () => padIds([[1]], { padTo: "maxLen" }), "RANGE"],
    ["padding to half a multiple", () => padIds([[1]], { padTo: 0.5 }), "RANGE"],
    ["half a vector", () => padFrames([new Float32Array(3)], 2), "SHAPE"],
    ["a label outside", () => classWeights([2], 2), "DATA"],
    ["a beta of 1", () => classWeights([0], 1, { beta: 1 }), "RANGE"],
  ])("%s", (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  it("items of no length", async () => {
    await expect(epoch(lists(numbers, { seed: 1 }))).rejects.toMatchObject({ code: "DATA" });
  });
});

test.each([2 ** 40, 1_795_884_721_190, -(2 ** 50)])(
  "each epoch has an order of its own from a seed as large as %d",
  async (seed) => {
    const loader = lists(numbers, { seed, byLength: false });
    const orders = [await epoch(loader), await epoch(loader), await epoch(loader)].map((batches) => batches.flat().join());
    expect(new Set(orders).size).toBe(3);
    expect((await epoch(lists(numbers, { seed, byLength: false }))).flat().join()).toBe(orders[0]);
  },
);

test("tensors deep in a batch are freed with it", async () => {
  const before = runtime.memory.used;
  const padded = (items: readonly Example[]) => padIds(items.map(({ ids }) => ids));
  const loader = new DataLoader(examples, {
    collate: (items) => ({ source: padded(items), others: [padded(items), { last: padded(items) }] }),
  });
  for await (const { source } of loader) expect(source.ids.view().length).toBeGreaterThan(0);
  expect(runtime.memory.used).toBe(before);
});

test("wrong options are refused", () => {
  expect(() => padIds([[1, 2, 3]], { maxLen: 2, truncation: "left" as "end" })).toThrow(
    /truncation must be end, start or middle/,
  );
  expect(() => truncate([1, 2, 3], 2, "left" as "end")).toThrow(/truncation must be end, start or middle, got left/);
  expect(() => padIds([[1], [1, 2]], { paddingIdx: 0.5 })).toThrow(/paddingIdx must be a whole number, got 0.5/);
  for (const numClasses of [-1, 0, 2.5])
    expect(() => classWeights([0], numClasses)).toThrow(/classWeights: numClasses must be a whole number of at least 1/);
});
