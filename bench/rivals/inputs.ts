import { random } from "../../test/harness/random.ts";
import type { RivalCase } from "./case.ts";

/**
 * One input, so described that every language makes the same bits. Element i takes the i-th number u, from 0 to below 1, of
 * `random(seed)` in test/harness/random.ts; everything below is in float64 and a float is rounded to float32 at the end.
 */
export type InputSpec = { name: string; shape: readonly number[]; seed: number } & (
  | { kind: "uniform"; scale: number; offset: number } // offset + scale · (2u − 1)
  | { kind: "below"; limit: number; period: number } // ⌊u · limit⌋ as int32; from element `period` on the same again
);

export type Inputs = Readonly<Record<string, Float32Array | Int32Array>>;

/** Names are PyTorch's; the parameters of a module are its state dict. */
export function inputsOf(each: RivalCase): readonly InputSpec[] {
  const specs = unseeded(each);
  return specs.map((spec, i) => ({ ...spec, seed: i + 1 }));
}

type Unseeded = InputSpec extends infer Spec ? (Spec extends InputSpec ? Omit<Spec, "seed"> : never) : never;

function unseeded(each: RivalCase): readonly Unseeded[] {
  switch (each.op) {
    case "matmul": {
      const { m, n, k, transposeA, transposeB } = each;
      return [uniform("a", transposeA ? [k, m] : [m, k]), uniform("b", transposeB ? [n, k] : [k, n])];
    }
    case "softmax":
      return [uniform("x", [each.rows, each.cols], 4)];
    case "layerNorm":
      return [uniform("x", [each.rows, each.cols], 2, 0.5), ...normParameters("", each.cols)];
    case "attention": {
      const names = ["query", "key", "value", ...(each.backward ? ["dOut"] : [])];
      return names.map((name) => uniform(name, [each.batch, each.seqLen, each.numHeads, each.headDim], 2));
    }
    case "multiheadAttention":
      return [uniform("x", [each.batch, each.seqLen, each.embedDim], 2), ...attentionParameters("", each.embedDim)];
    case "encoderLayer":
      return [uniform("x", [each.batch, each.seqLen, each.embedDim], 2), ...layerParameters("", each)];
    case "trainingStep":
      return trainingInputs(each);
  }
}

/** So many different sequences make up the batch while the answer is checked: the mean loss, and so each gradient, is then that of those few. */
export const CHECKED_ITEMS = 2;

function trainingInputs(each: RivalCase & { op: "trainingStep" }): Unseeded[] {
  const { batch, seqLen, embedDim, vocabSize, numClasses, numLayers } = each;
  const items = each.dropout === 0 ? CHECKED_ITEMS : batch;
  return [
    { name: "ids", shape: [batch, seqLen], kind: "below", limit: vocabSize, period: items * seqLen },
    { name: "labels", shape: [batch], kind: "below", limit: numClasses, period: items },
    uniform("embedding.weight", [vocabSize, embedDim]),
    ...Array.from({ length: numLayers }, (_, i) => layerParameters(`encoder.layers.${i}.`, each)).flat(),
    ...linearParameters("classifier.", embedDim, numClasses),
  ];
}

function layerParameters(prefix: string, { embedDim, dimFeedforward }: { embedDim: number; dimFeedforward: number }): Unseeded[] {
  return [
    ...attentionParameters(`${prefix}self_attn.`, embedDim),
    ...linearParameters(`${prefix}linear1.`, embedDim, dimFeedforward),
    ...linearParameters(`${prefix}linear2.`, dimFeedforward, embedDim),
    ...normParameters(`${prefix}norm1.`, embedDim),
    ...normParameters(`${prefix}norm2.`, embedDim),
  ];
}

function attentionParameters(prefix: string, embedDim: number): Unseeded[] {
  const scale = 1.5 / Math.sqrt(embedDim);
  return [
    uniform(`${prefix}in_proj_weight`, [3 * embedDim, embedDim], scale),
    uniform(`${prefix}in_proj_bias`, [3 * embedDim], 0.1),
    ...linearParameters(`${prefix}out_proj.`, embedDim, embedDim),
  ];
}

/** The weight is `[to, from]`, as PyTorch's. */
function linearParameters(prefix: string, from: number, to: number): Unseeded[] {
  return [uniform(`${prefix}weight`, [to, from], 1.5 / Math.sqrt(from)), uniform(`${prefix}bias`, [to], 0.1)];
}

function normParameters(prefix: string, cols: number): Unseeded[] {
  return [uniform(`${prefix}weight`, [cols], 0.5, 1), uniform(`${prefix}bias`, [cols], 0.5)];
}

function uniform(name: string, shape: readonly number[], scale = 1, offset = 0): Unseeded {
  return { name, shape, kind: "uniform", scale, offset };
}

export function makeInputs(specs: readonly InputSpec[]): Inputs {
  return Object.fromEntries(specs.map((spec) => [spec.name, makeInput(spec)]));
}

function makeInput(spec: InputSpec): Float32Array | Int32Array {
  const { next } = random(spec.seed);
  const length = spec.shape.reduce((product, size) => product * size, 1);
  if (spec.kind === "uniform") return Float32Array.from({ length }, () => spec.offset + spec.scale * (2 * next() - 1));
  const values = new Int32Array(length);
  for (let i = 0; i < length; i++) values[i] = i < spec.period ? Math.floor(next() * spec.limit) : values[i - spec.period]!;
  return values;
}
