import { VisionTransformer } from "../visionTransformer.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): VisionTransformer {
  config.expect("qkv_bias", true);
  return new VisionTransformer({
    imageSize: config.number("image_size"),
    patchSize: config.number("patch_size"),
    numChannels: config.number("num_channels", 3),
    numClasses: config.numClasses,
    dModel: config.number("hidden_size"),
    numHeads: config.number("num_attention_heads"),
    numLayers: config.number("num_hidden_layers"),
    dimFeedforward: config.number("intermediate_size"),
    layerNormEps: config.number("layer_norm_eps", 1e-12),
    dropout: config.number("hidden_dropout_prob", 0),
    activation: config.activation("hidden_act", ACTIVATIONS),
  });
}

export const vitArchitectures: Record<string, Architecture> = {
  ViTForImageClassification: {
    build,
    renames: {
      class_token: { batched: "vit.embeddings.cls_token" },
      "patches.": "vit.embeddings.patch_embeddings.projection.",
      "positional.weight": { batched: "vit.embeddings.position_embeddings" },
      ...layerRenames("vit.encoder.layer.*.", {
        query: "attention.attention.query.",
        key: "attention.attention.key.",
        value: "attention.attention.value.",
        out: "attention.output.dense.",
        norm1: "layernorm_before.",
        linear1: "intermediate.dense.",
        linear2: "output.dense.",
        norm2: "layernorm_after.",
      }),
      "encoder.norm.": "vit.layernorm.",
      "classifier.": "classifier.",
    },
    ignored: /^vit\.pooler\./,
    base: "vit.",
  },
};
