import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MultiheadAttention } from "../../ts/nn/multiheadAttention.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { manualSeed } from "../../ts/tensor/rng.ts";
import { scope } from "../../ts/tensor/scope.ts";
import { type Random, random } from "../harness/random.ts";
import { type MultiheadCall, multiheadTruth } from "./multiheadTruth.ts";
import { cases } from "./scale.ts";

// PyTorch's own test of its module: sets of options, each at random shapes, against plain loops.

interface Options {
  padding?: true;
  attnMask?: "bool" | "float" | "float per head";
  addBiasKv?: true;
  addZeroAttn?: true;
  /** Keys and values of widths of their own. */
  otherWidths?: true;
  self?: true;
}

const sets: Record<string, Options> = {
  "no masking": {},
  "self-attention": { self: true },
  "key padding": { padding: true },
  "a boolean mask": { attnMask: "bool" },
  "floats per head and key padding": { attnMask: "float per head", padding: true },
  "a trained key and value": { addBiasKv: true },
  "a key and value of zeros": { addZeroAttn: true },
  "both of them, padding": { addBiasKv: true, addZeroAttn: true, padding: true },
  everything: { addBiasKv: true, addZeroAttn: true, padding: true, attnMask: "float", otherWidths: true },
};
const SHAPES = cases(100);

beforeAll(() => init());
afterAll(() => dispose());

describe.each(Object.entries(sets))("%s", (name, options) => {
  test.each([true, false])(`${SHAPES} shapes, weights averaged: %s`, (averageAttnWeights) => {
    for (let seed = 0; seed < SHAPES; seed++) scope(() => expectTruth(name, options, seed, averageAttnWeights));
  });
});

function expectTruth(name: string, options: Options, seed: number, averageAttnWeights: boolean): void {
  const rng = random(1000 * seed + name.length);
  const { module, call, masks } = draw(rng, options, seed);
  const { batch, queryLen, keyLen, embedDim, kdim, vdim } = call;
  const query = tensor(call.query, [batch, queryLen, embedDim]);
  const key = options.self ? query : tensor(call.key, [batch, keyLen, kdim]);
  const value = options.self ? query : tensor(call.value, [batch, keyLen, vdim]);
  const { out, weights } = module.forward(query, key, value, { ...masks, needWeights: true, averageAttnWeights });
  const truth = multiheadTruth(call);
  const where = `${name}, seed ${seed}, ${JSON.stringify({ batch, queryLen, keyLen, embedDim, numHeads: call.numHeads })}`;
  expectClose(out.view(), truth.out, `out: ${where}`);
  expectClose(weights!.view(), averageAttnWeights ? mean(truth, call) : truth.weights, `weights: ${where}`);
}

/** A module, a call of it, and the same call in plain numbers. */
function draw(rng: Random, options: Options, seed: number) {
  const numHeads = 1 + rng.below(5);
  const embedDim = numHeads * (1 + rng.below(8));
  const [batch, queryLen] = [1 + rng.below(4), 1 + rng.below(9)];
  const keyLen = options.self ? queryLen : 1 + rng.below(12);
  const [kdim, vdim] = options.otherWidths ? [1 + rng.below(9), 1 + rng.below(9)] : [embedDim, embedDim];
  manualSeed(seed);
  const { addBiasKv = false, addZeroAttn = false } = options;
  const module = new MultiheadAttention(embedDim, numHeads, { kdim, vdim, addBiasKv, addZeroAttn });
  const state = new Map<string, Float32Array>();
  for (const [key, parameter] of module.stateDict()) {
    if (key.endsWith("bias")) parameter.view().set(normals(rng, parameter.length));
    state.set(key, parameter.toArray() as Float32Array);
  }
  const inputs = { query: normals(rng, batch * queryLen * embedDim), key: normals(rng, batch * keyLen * kdim) };
  const sizes = { batch, queryLen, keyLen, embedDim, numHeads, kdim, vdim };
  const value = normals(rng, batch * keyLen * vdim);
  const { keyPadding, added, masks } = drawMasks(rng, options, sizes);
  const call: MultiheadCall = { ...sizes, ...inputs, value, keyPadding, added, addZeroAttn, state };
  return { module, masks, call: options.self ? { ...call, key: call.query, value: call.query } : call };
}

type Sizes = Pick<MultiheadCall, "batch" | "queryLen" | "keyLen" | "numHeads">;

function drawMasks(rng: Random, { padding, attnMask }: Options, { batch, queryLen, keyLen, numHeads }: Sizes) {
  const keyPadding = padding ? Uint8Array.from({ length: batch * keyLen }, () => Number(rng.next() < 0.3)) : null;
  const ignored = keyPadding && { keyPaddingMask: tensor(keyPadding, [batch, keyLen], { dtype: "bool" }) };
  if (!attnMask) return { keyPadding, added: null, masks: { ...ignored } };
  const heads = attnMask === "float per head" ? batch * numHeads : 1;
  const shape = heads > 1 ? [heads, queryLen, keyLen] : [queryLen, keyLen];
  const length = heads * queryLen * keyLen;
  const at = (b: number, h: number, i: number, j: number): number =>
    (((heads > 1 ? b * numHeads + h : 0) * queryLen + i) * keyLen + j) % length;
  if (attnMask === "bool") {
    const flags = Uint8Array.from({ length }, () => Number(rng.next() < 0.3));
    const added: MultiheadCall["added"] = (...place) => (flags[at(...place)] ? -Infinity : 0);
    return { keyPadding, added, masks: { ...ignored, attnMask: tensor(flags, shape, { dtype: "bool" }) } };
  }
  const floats = normals(rng, length);
  const added: MultiheadCall["added"] = (...place) => floats[at(...place)]!;
  return { keyPadding, added, masks: { ...ignored, attnMask: tensor(floats, shape) } };
}

const normals = (rng: Random, length: number): Float32Array => Float32Array.from({ length }, () => rng.normal());

/** Over the heads. */
function mean({ weights, keys }: ReturnType<typeof multiheadTruth>, { batch, numHeads, queryLen }: MultiheadCall): Float64Array {
  const cells = queryLen * keys;
  const sum = new Float64Array(batch * cells);
  weights.forEach((weight, at) => {
    sum[Math.floor(at / (numHeads * cells)) * cells + (at % cells)]! += weight / numHeads;
  });
  return sum;
}

/** PyTorch's own tolerance. */
function expectClose(ours: ArrayLike<number>, truth: Float64Array, where: string): void {
  expect(ours.length, where).toBe(truth.length);
  const at = truth.findIndex((value, i) => !(Math.abs(ours[i]! - value) <= 1e-5));
  if (at >= 0) expect.fail(`${where}: element ${at} is ${ours[at]}, float64 says ${truth[at]}`);
}
