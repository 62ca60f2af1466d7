import { rotary } from "../../positional/rotary.ts";
import type { RotaryScaling } from "../../positional/rotaryFrequencies.ts";
import { FoveaError } from "../../runtime/errors.ts";
import { LanguageModel } from "../languageModel.ts";
import type { Architecture } from "./architecture.ts";
import { Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): LanguageModel {
  config.expect("mlp_bias", false);
  const [dModel, numHeads] = [config.number("hidden_size"), config.number("num_attention_heads")];
  return new LanguageModel({
    vocabSize: config.number("vocab_size"),
    dModel,
    numHeads,
    numKvHeads: config.number("num_key_value_heads", numHeads),
    headDim: config.number("head_dim", dModel / numHeads),
    numLayers: config.number("num_hidden_layers"),
    dimFeedforward: config.number("intermediate_size"),
    positional: rotary({ base: config.number("rope_theta", 10_000), scaling: scaling(config) }),
    norm: "rms",
    layerNormEps: config.number("rms_norm_eps", 1e-6),
    bias: false,
    attentionBias: config.flag("attention_bias", false),
    dropout: config.number("attention_dropout", 0),
    activation: config.activation("hidden_act", { silu: "swiglu" }),
    tieEmbeddings: config.flag("tie_word_embeddings", false),
  });
}

/** Hugging Face's `rope_scaling`. */
function scaling(config: Config): RotaryScaling | null {
  const section = config.section("rope_scaling");
  if (section === null) return null;
  const given = new Config({ architectures: [config.architecture], ...section });
  const type = given.text("rope_type", given.text("type", "default"));
  const factor = given.number("factor", 1);
  const originalMaxPosition = () => given.number("original_max_position_embeddings", config.number("max_position_embeddings"));
  switch (type) {
    case "default":
      return null;
    case "linear":
      return { type, factor };
    case "dynamic":
      return { type, factor, maxPosition: config.number("max_position_embeddings") };
    case "llama3": {
      const [lowFreqFactor, highFreqFactor] = [given.number("low_freq_factor"), given.number("high_freq_factor")];
      return { type, factor, lowFreqFactor, highFreqFactor, originalMaxPosition: originalMaxPosition() };
    }
    case "yarn": {
      const [betaFast, betaSlow] = [given.number("beta_fast", 32), given.number("beta_slow", 1)];
      return { type, factor, betaFast, betaSlow, originalMaxPosition: originalMaxPosition() };
    }
    default:
      throw new FoveaError("UNSUPPORTED", `fromPretrained: rope_scaling of type ${JSON.stringify(type)} is not known`);
  }
}

export const llamaArchitectures: Record<string, Architecture> = {
  LlamaForCausalLM: {
    build,
    renames: {
      "embedding.": "model.embed_tokens.",
      ...layerRenames("model.layers.*.", {
        query: "self_attn.q_proj.",
        key: "self_attn.k_proj.",
        value: "self_attn.v_proj.",
        out: "self_attn.o_proj.",
        norm1: "input_layernorm.",
        linear1: ["mlp.gate_proj.", "mlp.up_proj."],
        linear2: "mlp.down_proj.",
        norm2: "post_attention_layernorm.",
      }),
      "encoder.norm.": "model.norm.",
      "head.weight": "lm_head.weight",
    },
    ignored: /rotary_emb\.inv_freq$/,
    base: "model.",
  },
};
