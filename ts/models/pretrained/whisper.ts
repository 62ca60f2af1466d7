import { learned } from "../../positional/learned.ts";
import { SpeechEncoder } from "../speechEncoder.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): SpeechEncoder {
  config.expect("scale_embedding", false);
  const encoder = new SpeechEncoder({
    numMels: config.number("num_mel_bins"),
    dModel: config.number("d_model"),
    numHeads: config.number("encoder_attention_heads"),
    numLayers: config.number("encoder_layers"),
    dimFeedforward: config.number("encoder_ffn_dim"),
    positional: learned(config.number("max_source_positions")),
    dropout: config.number("dropout", 0),
    activation: config.activation("activation_function", ACTIVATIONS),
  });
  encoder.positional.requiresGrad(false); // sinusoids, saved with the model
  return encoder;
}

export const whisperArchitectures: Record<string, Architecture> = {
  WhisperEncoder: {
    build,
    renames: {
      "conv1.": "conv1.",
      "conv2.": "conv2.",
      "positional.": "embed_positions.",
      ...layerRenames("layers.*.", {
        query: "self_attn.q_proj.",
        key: "self_attn.k_proj.",
        keyBias: false,
        value: "self_attn.v_proj.",
        out: "self_attn.out_proj.",
        norm1: "self_attn_layer_norm.",
        linear1: "fc1.",
        linear2: "fc2.",
        norm2: "final_layer_norm.",
      }),
      "encoder.norm.": "layer_norm.",
    },
  },
};
