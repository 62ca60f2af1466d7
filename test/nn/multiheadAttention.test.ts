import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  all,
  causal,
  dispose,
  drop,
  init,
  keep,
  lengths,
  MultiheadAttention,
  type MultiheadAttentionCall,
  manualSeed,
  randn,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, seqLen, embedDim, numHeads] = [2, 5, 6, 3] as const;
const bool = (rows: number[][]) => tensor(rows, { dtype: "bool" });
const later = () => bool(Array.from({ length: seqLen }, (_, i) => Array.from({ length: seqLen }, (_, j) => (j > i ? 1 : 0))));

function make(options = {}): { attention: MultiheadAttention; x: Tensor } {
  manualSeed(3);
  return {
    attention: new MultiheadAttention(embedDim, numHeads, options),
    x: randn([batch, seqLen, embedDim], { requiresGrad: true }),
  };
}

function run(call: () => MultiheadAttentionCall, options = {}): Float32Array[] {
  return scope(() => {
    const { attention, x } = make(options);
    const { out, weights } = attention.forward(x, x, x, { ...call(), needWeights: true });
    sum(out).backward();
    return [out, weights!, x.grad!, ...attention.parameters().map(({ grad }) => grad!)].map(
      (tensor) => tensor.toArray() as Float32Array,
    );
  });
}

function expectClose(ours: readonly Float32Array[], theirs: readonly Float32Array[]): void {
  ours.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(Math.abs(value - theirs[i]![j]!), `tensor ${i} element ${j}`).toBeLessThan(1e-5);
    });
  });
}

describe("PyTorch's masks and ours say the same", () => {
  const padding = () =>
    bool([
      [0, 0, 0, 1, 1],
      [0, 0, 0, 0, 0],
    ]);
  const scores = () => {
    manualSeed(11);
    return randn([batch * numHeads, seqLen, seqLen]);
  };
  const minusInfinities = () =>
    tensor(
      [...later().view()].map((value) => (value ? Number.NEGATIVE_INFINITY : 0)),
      [seqLen, seqLen],
    );
  const pairs: Record<string, [theirs: () => MultiheadAttentionCall, ours: () => MultiheadAttentionCall]> = {
    "keyPaddingMask: true is ignored": [() => ({ keyPaddingMask: padding() }), () => ({ mask: lengths([3, 5]) })],
    "attnMask: true may not attend": [() => ({ attnMask: later() }), () => ({ mask: causal() })],
    isCausal: [() => ({ isCausal: true }), () => ({ mask: causal() })],
    "both, and the description": [
      () => ({ attnMask: later(), keyPaddingMask: padding() }),
      () => ({ mask: all(drop(later()), lengths([3, 5])) }),
    ],
    "floats of −∞": [() => ({ attnMask: minusInfinities() }), () => ({ mask: causal() })],
    "floats for each head, with padding": [
      () => ({ attnMask: scores(), keyPaddingMask: padding() }),
      () => ({ attnMask: scores(), mask: lengths([3, 5]) }),
    ],
  };
  test.each(Object.entries(pairs))("%s", (_, [theirs, ours]) => {
    expectClose(run(ours), run(theirs));
  });

  test("extra keys stay visible whatever the mask", () => {
    const options = { addBiasKv: true, addZeroAttn: true };
    const everything = () => bool(Array.from({ length: seqLen }, () => Array(seqLen).fill(1)));
    const [, weights] = run(() => ({ attnMask: everything() }), options);
    const rows = Array.from({ length: batch * seqLen }, (_, row) =>
      weights!.subarray(row * (seqLen + 2), (row + 1) * (seqLen + 2)),
    );
    for (const row of rows) {
      expect([...row.subarray(0, seqLen)]).toEqual(Array(seqLen).fill(0));
      expect(row[seqLen]! + row[seqLen + 1]!).toBeCloseTo(1, 6);
    }
    expectClose(
      run(() => ({ isCausal: true, mask: lengths([3, 5]) }), options),
      run(() => ({ attnMask: later(), keyPaddingMask: padding() }), options),
    );
  });
});

test("self-attention from the packed projection equals that of three inputs", () => {
  const results = [true, false].map((packed) =>
    scope(() => {
      const { attention, x } = make();
      const other = () => (packed ? x : x.reshape(x.shape)); // another tensor object: not seen as self-attention
      const { out, weights } = attention.forward(x, other(), other(), {
        mask: causal(),
        needWeights: true,
        averageAttnWeights: false,
      });
      sum(out).backward();
      return [out, weights!, x.grad!, attention.inProjWeight!.grad!, attention.inProjBias!.grad!].map(
        (t) => t.toArray() as Float32Array,
      );
    }),
  );
  expectClose(results[0]!, results[1]!);
});

test("a query that may attend to nothing gives the output's bias, weight 0 and no gradient", () => {
  scope(() => {
    const { attention, x } = make();
    attention.outProj.bias!.view().fill(0.25);
    const nobody = keep(bool([[1], [0], [1], [1], [1]]));
    const { out, weights } = attention.forward(x, x, x, { mask: nobody, needWeights: true });
    const row = (out.toNested() as number[][][])[1]![1]!;
    expect(row).toEqual(Array(embedDim).fill(0.25));
    expect((weights!.toNested() as number[][][])[1]![1]).toEqual(Array(seqLen).fill(0));
    sum(out).backward();
    expect([...x.grad!.view()].every(Number.isFinite)).toBe(true);
  });
});

test("without positions, permuting the tokens permutes the result", () => {
  scope(() => {
    const { attention, x } = make();
    const order = [3, 0, 4, 1, 2];
    const permute = (values: number[][][]) => values.map((item) => order.map((i) => item[i]!));
    const permuted = tensor(permute(x.toNested() as number[][][]));
    const ours = attention.forward(permuted, permuted, permuted).out.toNested() as number[][][];
    const theirs = permute(attention.forward(x, x, x).out.toNested() as number[][][]);
    expectClose([Float32Array.from(ours.flat(2))], [Float32Array.from(theirs.flat(2))]);
  });
});

test("averaged weights are the mean over the heads", () => {
  scope(() => {
    const { attention, x } = make();
    const heads = attention.forward(x, x, x, { needWeights: true, averageAttnWeights: false }).weights!;
    const mean = attention.forward(x, x, x, { needWeights: true }).weights!;
    expect(heads.shape).toEqual([batch, numHeads, seqLen, seqLen]);
    expect(mean.shape).toEqual([batch, seqLen, seqLen]);
    const size = seqLen * seqLen;
    mean.view().forEach((value: number, i: number) => {
      const at = Math.floor(i / size) * numHeads * size + (i % size);
      const sum = [0, 1, 2].reduce((total, head) => total + heads.view()[at + head * size]!, 0);
      expect(value).toBeCloseTo(sum / numHeads, 6);
    });
  });
});

describe("what does not fit is refused", () => {
  const refused: [string, (attention: MultiheadAttention, x: Tensor) => unknown, string][] = [
    ["two axes", (attention, x) => attention.forward(x.reshape([10, 6]), x, x), "RANK"],
    ["another width", (attention) => attention.forward(randn([2, 5, 7]), randn([2, 5, 7]), randn([2, 5, 7])), "SHAPE"],
    ["a mask of another length", (attention, x) => attention.forward(x, x, x, { attnMask: bool([[1, 0]]) }), "SHAPE"],
    ["a mask of one axis", (attention, x) => attention.forward(x, x, x, { attnMask: tensor([1, 0], { dtype: "bool" }) }), "RANK"],
    ["an int32 mask", (attention, x) => attention.forward(x, x, x, { attnMask: tensor(new Int32Array(25), [5, 5]) }), "DTYPE"],
    [
      "padding of another batch",
      (attention, x) => attention.forward(x, x, x, { keyPaddingMask: bool([[0, 0, 0, 0, 0]]) }),
      "SHAPE",
    ],
    ["two causal masks", (attention, x) => attention.forward(x, x, x, { isCausal: true, mask: causal({ offset: 1 }) }), "MASK"],
    ["heads that do not divide the width", () => new MultiheadAttention(6, 4), "SHAPE"],
  ];
  test.each(refused)("%s", (_, call, code) => {
    scope(() => {
      const { attention, x } = make();
      expect(() => call(attention, x)).toThrow(expect.objectContaining({ code }));
    });
  });
});
