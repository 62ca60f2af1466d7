import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MultiheadAttention } from "../../ts/nn/multiheadAttention.ts";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { all, bias, causal, documents, keep, type Mask, packed, prefix, sinks, slopes, window } from "../../ts/ops/mask.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { randn, tensor } from "../../ts/tensor/create.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import { scope } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";

beforeAll(() => init());
afterAll(() => dispose());

const seqLen = 150; // more than two tiles of keys
const [batch, numHeads, headDim] = [2, 2, 5];
const ends = [0, 3, 64, 65, 130, 150];

/** Output and gradients under a mask. */
function attend(mask: Mask | null, seed = 1): Float32Array[] {
  return scope(() => {
    manualSeed(seed);
    const leaf = () => randn([batch, seqLen, numHeads, headDim], { requiresGrad: true });
    const [query, key, value] = [leaf(), leaf(), leaf()];
    const { out } = scaledDotProductAttention(query, key, value, { mask });
    out.backward(randn(out.shape));
    return [out, query.grad!, key.grad!, value.grad!].map((result) => result.toArray() as Float32Array);
  });
}

const flagsOf = (sees: (i: number, j: number) => boolean): Tensor =>
  tensor(
    Uint8Array.from({ length: seqLen * seqLen }, (_, at) => (sees(Math.floor(at / seqLen), at % seqLen) ? 1 : 0)),
    [seqLen, seqLen],
    { dtype: "bool" },
  );
const documentOf = (i: number): number => ends.findIndex((end) => i < end);

describe("a described mask is the boolean one written out", () => {
  test.each<[string, () => Mask, (i: number, j: number) => boolean]>([
    ["packed", () => packed(ends), (i, j) => documentOf(i) === documentOf(j)],
    [
      "documents by name, causal",
      () => all(documents(Array.from({ length: seqLen }, (_, i) => 10 - documentOf(i))), causal()),
      (i, j) => documentOf(i) === documentOf(j) && j <= i,
    ],
    [
      "packed, causal, window and sinks: the first of each document",
      () => all(packed(ends), causal(), window(4), sinks(1)),
      (i, j) => documentOf(i) === documentOf(j) && j <= i && (i - j <= 4 || j === 0 || documentOf(j - 1) !== documentOf(j)),
    ],
    ["prefix", () => prefix(70), (i, j) => j < 70 || j <= i],
  ])("%s", (_, mask, sees) => {
    const [described, written] = [attend(mask()), scope(() => attend(keep(flagsOf(sees))))];
    described.forEach((values, i) => {
      for (let at = 0; at < values.length; at += 1) expect(Math.abs(values[at]! - written[i]![at]!)).toBeLessThan(2e-6);
    });
  });

  test("slopes are the bias written out", () => {
    const values = Float32Array.from({ length: numHeads * seqLen * seqLen }, (_, at) => {
      const [h, i, j] = [Math.floor(at / seqLen ** 2), Math.floor(at / seqLen) % seqLen, at % seqLen];
      return -[0.5, 0.125][h]! * Math.abs(i - j);
    });
    const written = scope(() => attend(bias(tensor(values, [numHeads, seqLen, seqLen]))));
    attend(slopes([0.5, 0.125])).forEach((described, i) => {
      for (let at = 0; at < described.length; at += 1) expect(Math.abs(described[at]! - written[i]![at]!)).toBeLessThan(2e-6);
    });
  });
});

test("documents leave each other alone: one packed sequence is its parts", () => {
  scope(() => {
    const packedQuery = randn([1, 12, 2, 4]);
    const { out } = scaledDotProductAttention(packedQuery, packedQuery, packedQuery, { mask: packed([0, 5, 12]) });
    const part = (from: number, to: number) => {
      const piece = tensor(packedQuery.toArray().slice(from * 8, to * 8) as Float32Array, [1, to - from, 2, 4]);
      return scaledDotProductAttention(piece, piece, piece).out.toArray() as Float32Array;
    };
    const parts = [...part(0, 5), ...part(5, 12)];
    out.view().forEach((value, i) => {
      expect(Math.abs(value - parts[i]!)).toBeLessThan(1e-6);
    });
  });
});

test("a key that everybody may attend to comes on top of ranges, sinks and slopes", () => {
  scope(() => {
    manualSeed(3);
    const attention = new MultiheadAttention(8, 2, { addZeroAttn: true });
    const x = randn([2, 9, 8]);
    const described = all(packed([0, 4, 9]), causal(), window(1), sinks(1), slopes([0.5, 2]));
    const sees = (i: number, j: number) => i < 4 === j < 4 && j <= i && (i - j <= 1 || j === (i < 4 ? 0 : 4));
    const flags = Uint8Array.from({ length: 81 }, (_, at) => (sees(Math.floor(at / 9), at % 9) ? 1 : 0));
    const distances = Float32Array.from(
      { length: 162 },
      (_, at) => -[0.5, 2][Math.floor(at / 81)]! * Math.abs((Math.floor(at / 9) % 9) - (at % 9)),
    );
    const written = all(keep(tensor(flags, [9, 9], { dtype: "bool" })), bias(tensor(distances, [2, 9, 9])));
    const [a, b] = [described, written].map((mask) => attention.forward(x, x, x, { mask }).out.toArray() as Float32Array);
    a!.forEach((value, i) => {
      expect(Math.abs(value - b![i]!)).toBeLessThan(1e-6);
    });
  });
});

describe("what cannot be meant is refused", () => {
  const call = (mask: () => Mask) => () => scope(() => attend(mask()));
  test.each<[string, () => Mask, string, RegExp]>([
    ["a document taken up again", () => documents([1, 2, 1]), "RANGE", /documents: .* got document 1 again at token 2/],
    [
      "documents of another length",
      () => documents([1, 2]),
      "MASK",
      /documents must name one for each of seqLen = 150 tokens, got 2/,
    ],
    [
      "too many documents",
      () => documents([[1], [1], [1]]),
      "MASK",
      /documents must be given once or for each of batch = 2 items, got 3/,
    ],
    ["cuSeqlens that fall", () => packed([0, 5, 3]), "RANGE", /packed: cuSeqlens must begin with 0 and never fall/],
    ["a prefix below 0", () => prefix(-1), "RANGE", /prefix: .*got -1/],
    ["a prefix for each of three items", () => prefix([1, 2, 3]), "MASK", /prefix must have one length, or batch = 2, got 3/],
    ["half a sink", () => sinks(0.5), "RANGE", /sinks: .*got 0.5/],
    ["slopes of three heads", () => slopes([1, 2, 3]), "MASK", /slopes must have numHeads = 2 entries, got 3/],
    ["a slope that is no number", () => slopes([1, Number.NaN]), "RANGE", /slopes: slopes must be finite, got NaN/],
    ["two slopes", () => all(slopes([1, 2]), slopes([1, 2])), "MASK", /slopes may be given once/],
  ])("%s", (_, mask, code, text) => {
    expect(call(mask)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(text) }));
  });
});
