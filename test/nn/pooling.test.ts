import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AttentionPool,
  dispose,
  FirstPool,
  init,
  MaxPool,
  MeanPool,
  manualSeed,
  type PoolCall,
  randn,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, embedDim] = [3, 4, 6] as const;
const some = (): PoolCall => ({
  lengths: [4, 2, 3],
  keep: tensor([1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1], [batch, seqLen], { dtype: "bool" }),
});
const rowsOf = (x: Tensor) => x.toNested() as number[][];

function expectRows(ours: Tensor, want: number[][]): void {
  rowsOf(ours).forEach((row, i) => {
    row.forEach((value, c) => {
      expect(value).toBeCloseTo(want[i]![c]!, 5);
    });
  });
}

/** The positions of an item that `some` leaves. */
const counting = [
  [0, 2, 3],
  [0, 1],
  [1, 2],
];

test("MeanPool and FirstPool", () => {
  scope(() => {
    const x = randn([batch, seqLen, embedDim]);
    const items = x.toNested() as number[][][];
    const mean = (rows: number[][]) => rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
    expectRows(
      new MeanPool().forward(x, some()),
      items.map((item, i) => mean(counting[i]!.map((at) => item[at]!))),
    );
    expectRows(
      new FirstPool().forward(x, some()),
      items.map((item) => item[0]!),
    );
  });
});

describe("MaxPool", () => {
  const gradientOf = (x: Tensor) => x.grad!.toNested() as number[][][];
  const leaf = (rows: number[][][]) => {
    const x = tensor(rows);
    x.requiresGrad = true;
    return x;
  };

  test("takes the largest of the positions that count", () => {
    scope(() => {
      const x = randn([batch, seqLen, embedDim]);
      const items = x.toNested() as number[][][];
      const largest = (places: number[], item: number[][]) =>
        item[0]!.map((_, c) => Math.max(...places.map((at) => item[at]![c]!)));
      const everywhere = [0, 1, 2, 3];
      expect(rowsOf(new MaxPool().forward(x))).toEqual(items.map((item) => largest(everywhere, item)));
      expect(rowsOf(new MaxPool().forward(x, some()))).toEqual(items.map((item, i) => largest(counting[i]!, item)));
      const { lengths } = some();
      const first = [everywhere, [0, 1], [0, 1, 2]];
      expect(rowsOf(new MaxPool().forward(x, { lengths }))).toEqual(items.map((item, i) => largest(first[i]!, item)));
    });
  });

  test("its gradient goes to the first of equal ones, as PyTorch's max along an axis gives it", () => {
    scope(() => {
      const x = leaf([
        [
          [2, 1],
          [2, 3],
          [-1, 3],
        ],
      ]);
      const out = new MaxPool().forward(x);
      expect(rowsOf(out)).toEqual([[2, 3]]);
      sum(out).backward();
      expect(gradientOf(x)).toEqual([
        [
          [1, 0],
          [0, 1],
          [0, 0],
        ],
      ]);
    });
  });

  test("0 and no gradient for an item in which no position counts; padding may hold anything", () => {
    scope(() => {
      const x = leaf([
        [[-3], [Number.NaN]],
        [[7], [Number.POSITIVE_INFINITY]],
        [[-1], [-2]],
      ]);
      const out = new MaxPool().forward(x, { lengths: [1, 0, 2] });
      expect(rowsOf(out)).toEqual([[-3], [0], [-1]]);
      sum(out).backward();
      expect(gradientOf(x)).toEqual([
        [[1], [0]],
        [[0], [0]],
        [[1], [0]],
      ]);
      expect(rowsOf(new MaxPool().forward(x))[0]).toEqual([Number.NaN]);
      expect(rowsOf(new MaxPool().forward(randn([2, 0, 3])))).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    });
  });

  test("-Infinity is a value like others", () => {
    scope(() => {
      const lowest = Number.NEGATIVE_INFINITY;
      expect(
        rowsOf(new MaxPool().forward(tensor([[[5], [lowest]]]), { keep: tensor([false, true], [1, 2], { dtype: "bool" }) })),
      ).toEqual([[lowest]]);
    });
  });
});

describe("AttentionPool", () => {
  test("starts as the mean", () => {
    scope(() => {
      const x = randn([batch, seqLen, embedDim]);
      expectRows(new AttentionPool(embedDim, { numHeads: 2 }).forward(x, some()), rowsOf(new MeanPool().forward(x, some())));
    });
  });

  test.each([1, 3])("weighs the positions that count, heads: %d", (numHeads) => {
    scope(() => {
      manualSeed(2);
      const pool = new AttentionPool(embedDim, { numHeads });
      pool.query.view().set(randn([embedDim]).view());
      const x = randn([batch, seqLen, embedDim]);
      const items = x.toNested() as number[][][];
      const headDim = embedDim / numHeads;
      const query = pool.query.view();
      const want = items.map((item, i) =>
        Array.from({ length: embedDim }, (_, c) => {
          const first = c - (c % headDim);
          const score = (row: number[]) =>
            Array.from({ length: headDim }, (_, d) => query[first + d]! * row[first + d]!).reduce((a, b) => a + b) /
            Math.sqrt(headDim);
          const weights = counting[i]!.map((at) => Math.exp(score(item[at]!)));
          const total = weights.reduce((a, b) => a + b);
          return counting[i]!.reduce((sum, at, j) => sum + (weights[j]! / total) * item[at]![c]!, 0);
        }),
      );
      expectRows(pool.forward(x, some()), want);
    });
  });

  test("trains its query, and gives 0 for an item in which no position counts", () => {
    scope(() => {
      const pool = new AttentionPool(embedDim);
      const x = randn([batch, seqLen, embedDim], { requiresGrad: true });
      const out = pool.forward(x, { lengths: [4, 0, 1] });
      expect(rowsOf(out)[1]).toEqual(Array(embedDim).fill(0));
      sum(out).backward();
      expect(pool.query.grad!.view().some((value: number) => value !== 0)).toBe(true);
      expect((x.grad!.toNested() as number[][][])[1]!.flat()).toEqual(Array(seqLen * embedDim).fill(0));
      expect([...pool.stateDict()].map(([name, { shape }]) => [name, shape])).toEqual([["query", [embedDim]]]);
    });
  });
});

test("what does not fit is refused", () => {
  scope(() => {
    const x = randn([batch, seqLen, embedDim]);
    const refused: [() => unknown, string, string][] = [
      [
        () => new AttentionPool(6, { numHeads: 4 }),
        "SHAPE",
        "AttentionPool: embedDim must be a multiple of numHeads, got 6 and 4",
      ],
      [() => new AttentionPool(4).forward(x), "SHAPE", "AttentionPool: x must be [3, 4, 4], got [3, 4, 6]"],
      [
        () => new AttentionPool(6).forward(randn([3, 6])),
        "RANK",
        "AttentionPool: x must be [batch, seqLen, embedDim], got [3, 6]",
      ],
      [
        () => new AttentionPool(6).forward(x, { lengths: [1, 2, 5] }),
        "RANGE",
        "scaledDotProductAttention: lengths must be whole numbers from 0 to 4, got 5 for item 2",
      ],
      [() => new MaxPool().forward(randn([3, 6])), "RANK", "MaxPool: x must be [batch, seqLen, embedDim], got [3, 6]"],
      [() => new MaxPool().forward(x, { lengths: [1, 2] }), "MASK", "MaxPool: lengths must have batch = 3 entries, got 2"],
      [
        () => new MaxPool().forward(x, { lengths: [1, 2, 5] }),
        "RANGE",
        "MaxPool: lengths must be whole numbers from 0 to 4, got 5 for item 2",
      ],
      [
        () => new MaxPool().forward(x, { keep: tensor([1, 1, 0], [3, 1], { dtype: "bool" }) }),
        "SHAPE",
        "MaxPool: keep must be [3, 4], got [3, 1]",
      ],
      [() => new FirstPool().forward(randn([3, 6])), "RANK", "FirstPool: x must be [batch, seqLen, embedDim], got [3, 6]"],
      [() => new FirstPool().forward(randn([3, 0, 6])), "RANGE", "FirstPool: seqLen must be at least 1, got [3, 0, 6]"],
    ];
    for (const [call, code, message] of refused) expect(call, message).toThrow(expect.objectContaining({ code, message }));
  });
});
