import { attentionDims } from "../../../test/harness/attention.ts";
import { reference } from "../../../ts/reference/index.ts";
import { EPS, type RivalCase } from "../case.ts";
import type { Inputs } from "../inputs.ts";
import type { Expected } from "./expected.ts";
import { linear } from "./linear.ts";
import { spread } from "./spread.ts";

type Parameters = Readonly<Record<string, Float64Array>>;

const TOKENS = 6;

/** A few tokens of the first and the last item; they attend to all tokens of it. */
export function expectedModule(
  each: RivalCase & { op: "multiheadAttention" | "encoderLayer" },
  inputs: Inputs,
): Expected[string] {
  const { batch, seqLen, embedDim } = each;
  const parameters = asFloat64(inputs);
  const tokens = spread(seqLen, TOKENS);
  const items = batch === 1 ? [0] : [0, batch - 1];
  const picks: number[] = [];
  const values: number[] = [];
  for (const item of items) {
    const x = parameters.x!.subarray(item * seqLen * embedDim, (item + 1) * seqLen * embedDim);
    values.push(...outOf(each, x, tokens, parameters));
    for (const token of tokens) for (let c = 0; c < embedDim; c++) picks.push((item * seqLen + token) * embedDim + c);
  }
  return { picks, values: Float64Array.from(values) };
}

export const asFloat64 = (inputs: Inputs): Parameters =>
  Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]));

function outOf(
  each: RivalCase & { op: "multiheadAttention" | "encoderLayer" },
  x: Float64Array,
  tokens: readonly number[],
  parameters: Parameters,
): Float64Array {
  const { embedDim } = each;
  const picked = Float64Array.from({ length: tokens.length * embedDim }, (_, i) => {
    return x[tokens[Math.floor(i / embedDim)]! * embedDim + (i % embedDim)]!;
  });
  if (each.op === "multiheadAttention") return selfAttention(each, picked, x, parameters, "");
  const attended = norm(plus(picked, selfAttention(each, picked, x, parameters, "self_attn.")), parameters, "norm1.");
  const hidden = linear(attended, parameters["linear1.weight"]!, parameters["linear1.bias"]!).map((value) => Math.max(value, 0));
  const out = linear(hidden, parameters["linear2.weight"]!, parameters["linear2.bias"]!);
  return norm(plus(attended, out), parameters, "norm2.");
}

/** Of the queries alone. */
function selfAttention(
  { embedDim, numHeads }: { embedDim: number; numHeads: number },
  queries: Float64Array,
  x: Float64Array,
  parameters: Parameters,
  prefix: string,
): Float64Array {
  const weight = parameters[`${prefix}in_proj_weight`]!;
  const bias = parameters[`${prefix}in_proj_bias`]!;
  const projected = (values: Float64Array, i: number) =>
    linear(
      values,
      weight.subarray(i * embedDim * embedDim, (i + 1) * embedDim * embedDim),
      bias.subarray(i * embedDim, (i + 1) * embedDim),
    );
  const [query, key, value] = [projected(queries, 0), projected(x, 1), projected(x, 2)];
  const [queryLen, keyLen, headDim] = [queries.length / embedDim, x.length / embedDim, embedDim / numHeads];
  const out = new Float64Array(queries.length);
  const lse = new Float64Array(numHeads * queryLen);
  const dims = attentionDims({ batch: 1, numHeads, headDim, queryLen, keyLen, scale: 1 / Math.sqrt(headDim) });
  reference.attentionForward({ query, key, value, out, lse, ...dims });
  return linear(out, parameters[`${prefix}out_proj.weight`]!, parameters[`${prefix}out_proj.bias`]!);
}

const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i]!);

function norm(x: Float64Array, parameters: Parameters, prefix: string): Float64Array {
  const [weight, bias] = [parameters[`${prefix}weight`]!, parameters[`${prefix}bias`]!];
  const rows = x.length / weight.length;
  const out = new Float64Array(x.length);
  const statistics = { mean: new Float64Array(rows), rstd: new Float64Array(rows) };
  reference.layerNormForward({ x, weight, bias, out, ...statistics, rows, cols: weight.length, eps: EPS });
  return out;
}
