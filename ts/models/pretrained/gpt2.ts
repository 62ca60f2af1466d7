import { learned } from "../../positional/learned.ts";
import { LanguageModel } from "../languageModel.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";

function build(config: Config): LanguageModel {
  config.expect("scale_attn_weights", true);
  config.expect("scale_attn_by_inverse_layer_idx", false);
  config.expect("tie_word_embeddings", true);
  const dModel = config.number("n_embd");
  return new LanguageModel({
    vocabSize: config.number("vocab_size"),
    dModel,
    numHeads: config.number("n_head"),
    numLayers: config.number("n_layer"),
    dimFeedforward: config.number("n_inner", 4 * dModel),
    positional: learned(config.number("n_positions")),
    layerNormEps: config.number("layer_norm_epsilon", 1e-5),
    dropout: config.number("resid_pdrop", 0.1),
    activation: config.activation("activation_function", ACTIVATIONS),
  });
}

export const gpt2Architectures: Record<string, Architecture> = {
  GPT2LMHeadModel: {
    build,
    renames: {
      "embedding.": "transformer.wte.",
      "positional.": "transformer.wpe.",
      "encoder.layers.*.self_attn.in_proj_": { transposed: "transformer.h.*.attn.c_attn." },
      "encoder.layers.*.self_attn.out_proj.": { transposed: "transformer.h.*.attn.c_proj." },
      "encoder.layers.*.norm1.": "transformer.h.*.ln_1.",
      "encoder.layers.*.norm2.": "transformer.h.*.ln_2.",
      "encoder.layers.*.linear1.": { transposed: "transformer.h.*.mlp.c_fc." },
      "encoder.layers.*.linear2.": { transposed: "transformer.h.*.mlp.c_proj." },
      "encoder.norm.": "transformer.ln_f.",
      "head.weight": "lm_head.weight",
    },
    ignored: /\.attn\.(bias|masked_bias)$/,
    base: "transformer.",
  },
};
