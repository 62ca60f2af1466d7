import { t5Bias } from "../../positional/t5Bias.ts";
import { TextEncoder } from "../textEncoder.ts";
import type { Architecture } from "./architecture.ts";
import type { Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): TextEncoder {
  return new TextEncoder({
    vocabSize: config.number("vocab_size"),
    dModel: config.number("d_model"),
    numHeads: config.number("num_heads"),
    headDim: config.number("d_kv"),
    numLayers: config.number("num_layers"),
    dimFeedforward: config.number("d_ff"),
    positional: t5Bias({
      numBuckets: config.number("relative_attention_num_buckets", 32),
      maxDistance: config.number("relative_attention_max_distance", 128),
    }),
    norm: "rms",
    normFirst: true,
    layerNormEps: config.number("layer_norm_epsilon", 1e-6),
    bias: false,
    scale: 1, // its initial values have the width of a head in them
    dropout: config.number("dropout_rate", 0.1),
    activation: config.activation("feed_forward_proj", { relu: "relu" }),
  });
}

export const t5Architectures: Record<string, Architecture> = {
  T5EncoderModel: {
    build,
    renames: {
      "embedding.": "shared.",
      "positional.": "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.",
      ...layerRenames("encoder.block.*.layer.", {
        query: "0.SelfAttention.q.",
        key: "0.SelfAttention.k.",
        value: "0.SelfAttention.v.",
        out: "0.SelfAttention.o.",
        norm1: "0.layer_norm.",
        linear1: "1.DenseReluDense.wi.",
        linear2: "1.DenseReluDense.wo.",
        norm2: "1.layer_norm.",
      }),
      "encoder.norm.": "encoder.final_layer_norm.",
    },
    ignored: /^encoder\.embed_tokens\.weight$|^decoder\.|^lm_head\./,
  },
};
