import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  dispose,
  init,
  keep,
  lengths,
  logicalNot,
  MultiheadAttention,
  randn,
  type Tensor,
  TransformerEncoderLayer,
  tensor,
} from "fovea";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Attention, type AttentionSizes } from "../../examples/chapter/main.ts";
import { runExample } from "./runExample.ts";

const folder = mkdtempSync(join(tmpdir(), "fovea-chapter-"));
beforeAll(() => init({ threads: 1 }));
afterAll(() => {
  dispose();
  rmSync(folder, { recursive: true });
});

const SIZES: AttentionSizes = { dModel: 12, numHeads: 3, dK: 4, dV: 4, dFeedForward: 20, dropout: 0 };

const copy = (from: Tensor, to: Tensor, at = 0): void => to.view().set(from.view(), at);

/** The library's module with the weights of the chapter's. */
function librarys({ sizes, wQ, wK, wV, wO }: Attention): MultiheadAttention {
  const { dModel, numHeads, dK, dV } = sizes;
  const own = new MultiheadAttention(dModel, numHeads, { headDim: dK, valueHeadDim: dV });
  const projections = [wQ, wK, wV];
  const weights = [own.qProjWeight, own.kProjWeight, own.vProjWeight];
  let at = 0;
  for (const [i, { weight, bias }] of projections.entries()) {
    copy(weight, own.inProjWeight ?? weights[i]!, own.inProjWeight ? i * weight.length : 0);
    copy(bias!, own.inProjBias!, at);
    at += bias!.length;
  }
  copy(wO.weight, own.outProj.weight);
  copy(wO.bias!, own.outProj.bias!);
  return own;
}

/** The largest difference of two tensors' elements. */
function difference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [[...a.view()], [...b.view()]];
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!)));
}

const gradient = (x: Tensor, out: Tensor, dOut: Tensor): Tensor => {
  x.zeroGrad();
  out.backward(dOut);
  return tensor(x.grad!.toArray(), x.shape);
};

// Both are float32 and sum in another order: at most 9e-8 apart, outputs and gradients, 2.4e-7 behind two norms, on 2026-11-28.
const TOLERANCE = 5e-7;

describe("Attention is the library's MultiheadAttention", () => {
  test.each<[string, AttentionSizes]>([
    ["dK = dV = dModel / numHeads", SIZES],
    ["dK and dV of their own", { ...SIZES, dK: 5, dV: 7 }],
  ])("of one sequence, with its gradient: %s", (_, sizes) => {
    const attention = new Attention(sizes);
    const x = randn([2, 6, 12], { requiresGrad: true });
    const dOut = randn([2, 6, 12]);
    const [ours, theirs] = [
      attention.attend(x, x, x),
      librarys(attention).forward(x, x, x, { needWeights: true, averageAttnWeights: false }),
    ];
    expect(difference(ours.out, theirs.out)).toBeLessThan(TOLERANCE);
    expect(difference(ours.weights, theirs.weights!)).toBeLessThan(TOLERANCE);
    expect(difference(gradient(x, ours.out, dOut), gradient(x, theirs.out, dOut))).toBeLessThan(TOLERANCE);
  });

  test("between two sequences, some of it hidden, a query that sees nobody too", () => {
    const attention = new Attention({ ...SIZES, dK: 5, dV: 7 });
    const [query, memory] = [randn([2, 3, 12], { requiresGrad: true }), randn([2, 5, 12])];
    const seen = tensor([0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1], [1, 1, 3, 5], { dtype: "bool" });
    const ours = attention.attend(query, memory, memory, logicalNot(seen));
    const theirs = librarys(attention).forward(query, memory, memory, { mask: keep(seen) });
    expect(difference(ours.out, theirs.out)).toBeLessThan(TOLERANCE);
    expect([...ours.weights.view().subarray(0, 5)]).toEqual([0, 0, 0, 0, 0]);
    const dOut = randn(ours.out.shape);
    const [own, librarysOwn] = [gradient(query, ours.out, dOut), gradient(query, theirs.out, dOut)];
    expect(difference(own, librarysOwn)).toBeLessThan(TOLERANCE);
    expect([...own.view().subarray(0, 12)]).toEqual(Array(12).fill(0));
  });

  test("and with its norms and its feed-forward network, TransformerEncoderLayer", () => {
    const attention = new Attention(SIZES);
    const layer = new TransformerEncoderLayer(12, 3, { dimFeedforward: 20, dropout: 0 });
    layer.selfAttn.loadStateDict(librarys(attention).stateDict());
    layer.linear1.loadStateDict(attention.linear1.stateDict());
    layer.linear2.loadStateDict(attention.linear2.stateDict());
    const x = randn([2, 6, 12]);
    const hidden = tensor([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0], [2, 1, 1, 6], { dtype: "bool" });
    expect(difference(attention.forward(x, hidden), layer.forward(x, { mask: lengths([4, 6]) }))).toBeLessThan(1e-6);
  });

  test("with a dropout that rests while it is evaluated", () => {
    const attention = new Attention({ ...SIZES, dropout: 0.5 });
    const x = randn([2, 6, 12]);
    expect(difference(attention.forward(x), attention.forward(x))).toBeGreaterThan(0.1);
    attention.eval();
    expect(difference(attention.forward(x), attention.forward(x))).toBe(0);
  });
});

test("the chapter runs as printed, and learns", { timeout: 240_000 }, async () => {
  const stdout = await runExample("chapter", ["--epochs", "5"], { cwd: folder });
  expect(stdout).toContain("epoch 5 of 5: loss ");
  const accuracy = Number(/Accuracy of the model on the 816 test sentences: ([\d.]+) %/.exec(stdout)?.[1]);
  expect(accuracy, stdout).toBeGreaterThan(70); // one in two by chance
});
