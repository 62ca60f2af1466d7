import type { Module } from "../../ts/nn/module.ts";
import { parameter } from "../../ts/nn/module.ts";
import { TransformerEncoderLayer } from "../../ts/nn/transformerEncoderLayer.ts";
import { TransformerXL, type TransformerXLResult } from "../../ts/nn/transformerXL.ts";
import { add } from "../../ts/ops/add.ts";
import { crossEntropy } from "../../ts/ops/crossEntropy.ts";
import { embedding } from "../../ts/ops/embedding.ts";
import { linear } from "../../ts/ops/linear.ts";
import { mean } from "../../ts/ops/mean.ts";
import { narrow } from "../../ts/ops/narrow.ts";
import { scale } from "../../ts/ops/scale.ts";
import { xlRelative } from "../../ts/positional/xlRelative.ts";
import { zeros } from "../../ts/tensor/create.ts";
import { type Tensor, tensor } from "../../ts/tensor/index.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";

interface ModelCase extends GoldenCase {
  class: string;
  options: Record<"d_model" | "n_head" | "d_head" | "d_inner" | "n_layer" | "mem_len" | "clamp_len", number> & {
    cutoffs: number[];
    pre_lnorm: boolean;
  };
}

type Results = Record<string, Golden | Tensor>;

/** Hugging Face's names for what a layer of ours holds. */
const names: Record<string, string> = {
  "self_attn.out_proj.weight": "dec_attn.o_net.weight",
  "self_attn.positional.u": "dec_attn.r_w_bias",
  "self_attn.positional.v": "dec_attn.r_r_bias",
  "self_attn.positional.r_weight": "dec_attn.r_net.weight",
  "norm1.weight": "dec_attn.layer_norm.weight",
  "norm1.bias": "dec_attn.layer_norm.bias",
  "linear1.weight": "pos_ff.CoreNet.0.weight",
  "linear1.bias": "pos_ff.CoreNet.0.bias",
  "linear2.weight": "pos_ff.CoreNet.3.weight",
  "linear2.bias": "pos_ff.CoreNet.3.bias",
  "norm2.weight": "pos_ff.layer_norm.weight",
  "norm2.bias": "pos_ff.layer_norm.bias",
};
const thirds = ["self_attn.q_proj_weight", "self_attn.k_proj_weight", "self_attn.v_proj_weight"];

testGoldens<ModelCase>(
  "models",
  [
    { why: "no Transformer-XL", is: (each) => each.class !== "TransfoXLLMHeadModel" },
    { why: "embeddings and softmax by frequency are not in the library", is: ({ options }) => options.cutoffs.length > 0 },
  ],
  (each, goldens) => {
    const { d_model, n_layer, mem_len } = each.options;
    const state = goldens.beside("model.safetensors");
    const model = load(each, state);
    const words = parameter(state.tensor("transformer.word_emb.emb_layers.0.weight"));
    const bias = parameter(state.tensor("crit.out_layers.0.bias"));
    const results: Results[] = [];
    // What is not remembered yet is remembered as zeros.
    let memory = Array.from({ length: n_layer }, () => zeros([goldens.golden("input.segment1").shape[0]!, mem_len, d_model]));
    const losses = ["segment1", "segment2"].map((segment) => {
      const ids = goldens.tensor(`input.${segment}`);
      const x = scale(embedding(ids, words), Math.sqrt(d_model));
      const result = model.forward(x, { memory, isCausal: true, needWeights: true });
      memory = result.memory;
      const logits = linear(result.out, words, bias);
      const each = nextLosses(logits, ids);
      const loss = mean(each);
      results.push(resultsOf(segment, result), { ...logProbs(segment, logits) });
      results.push({ [`output.losses.${segment}`]: each, [`output.loss.${segment}`]: loss });
      return loss;
    });
    add(losses[0]!, losses[1]!).backward();
    return Object.assign({}, ...results, ...model.layers.map(layerGradients), {
      "grad.param.transformer.word_emb.emb_layers.0.weight": words.grad!,
      "grad.param.crit.out_layers.0.bias": bias.grad!,
    });
  },
);

function load({ options }: ModelCase, state: Goldens): TransformerXL {
  const layer = new TransformerEncoderLayer(options.d_model, options.n_head, {
    headDim: options.d_head,
    dimFeedforward: options.d_inner,
    normFirst: options.pre_lnorm,
    positional: xlRelative({ clampLen: options.clamp_len }),
  });
  const model = new TransformerXL(layer, options.n_layer, { memoryLen: options.mem_len });
  model.layers.forEach((layer, i) => {
    const of = (name: string) => state.tensor(`transformer.layers.${i}.${name}`);
    const projection = of("dec_attn.qkv_net.weight");
    const length = projection.shape[0]! / 3;
    layer.loadStateDict({
      ...Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [ours, of(theirs)])),
      ...Object.fromEntries(thirds.map((name, third) => [name, narrow(projection, { start: third * length, length })])),
      // Attention has no biases there.
      "self_attn.in_proj_bias": zeros([3 * length]),
      "self_attn.out_proj.bias": zeros([options.d_model]),
    });
  });
  return model.eval();
}

/** The cross-entropy of every token but the first, `[batch, seqLen − 1]`. */
function nextLosses(logits: Tensor, ids: Tensor): Tensor {
  const [batch, seqLen] = ids.shape as [number, number];
  const labels = ids.view().filter((_: number, at: number) => at % seqLen > 0);
  const known = narrow(logits, { axis: 1, start: 0, length: seqLen - 1 });
  return crossEntropy(known, tensor(labels, [batch, seqLen - 1]), { reduction: "none" });
}

function resultsOf(segment: string, { out, memory, weights = [] }: TransformerXLResult): Results {
  return {
    [`output.last_hidden_state.${segment}`]: out,
    ...Object.fromEntries(memory.map((states, i) => [`output.mems.${i}.${segment}`, tokensFirst(states)])),
    ...Object.fromEntries(weights.map((each, i) => [`output.attentions.${i}.${segment}`, each])),
  };
}

/** `[batch, length, dModel]` to `[length, batch, dModel]`. */
function tokensFirst(states: Tensor): Golden {
  const [batch, length, width] = states.shape as [number, number, number];
  const values = Float32Array.from({ length: states.length }, (_, at) => {
    const [token, item] = [Math.floor(at / (batch * width)), Math.floor(at / width) % batch];
    return states.view()[(item * length + token) * width + (at % width)]!;
  });
  return { shape: [length, batch, width], values };
}

function logProbs(segment: string, logits: Tensor): Results {
  const cols = logits.shape.at(-1)!;
  const rows = Array.from({ length: logits.length / cols }, (_, row) => [
    ...logits.view().subarray(row * cols, (row + 1) * cols),
  ]);
  const values = rows.flatMap((row) => {
    const lse = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return row.map((logit) => logit - lse);
  });
  return { [`output.log_probs.${segment}`]: { shape: logits.shape, values: Float32Array.from(values) } };
}

function layerGradients(layer: Module, i: number): Results {
  const state = layer.stateDict();
  const prefix = `grad.param.transformer.layers.${i}`;
  const projections = thirds.map((name) => state.get(name)!.grad!);
  const [rows, width] = projections[0]!.shape as [number, number];
  const packed: Golden = {
    shape: [3 * rows, width],
    values: Float32Array.from(projections.flatMap((third) => [...third.view()])),
  };
  return {
    ...Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [`${prefix}.${theirs}`, state.get(ours)!.grad!])),
    [`${prefix}.dec_attn.qkv_net.weight`]: packed,
  };
}
