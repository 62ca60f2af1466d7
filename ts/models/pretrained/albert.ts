import { learned } from "../../positional/learned.ts";
import { MaskedLanguageModel } from "../maskedLanguageModel.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): MaskedLanguageModel {
  config.expect("position_embedding_type", "absolute");
  config.expect("num_hidden_groups", 1);
  config.expect("inner_group_num", 1);
  return new MaskedLanguageModel({
    vocabSize: config.number("vocab_size"),
    embedDim: config.number("embedding_size"),
    dModel: config.number("hidden_size"),
    numHeads: config.number("num_attention_heads"),
    numLayers: config.number("num_hidden_layers"),
    numDistinctLayers: 1,
    dimFeedforward: config.number("intermediate_size"),
    positional: learned(config.number("max_position_embeddings")),
    numTokenTypes: config.number("type_vocab_size", 2),
    layerNormEps: config.number("layer_norm_eps", 1e-12),
    dropout: config.number("hidden_dropout_prob", 0),
    activation: config.activation("hidden_act", ACTIVATIONS),
    paddingIdx: config.number("pad_token_id", 0),
  });
}

export const albertArchitectures: Record<string, Architecture> = {
  AlbertForMaskedLM: {
    build,
    renames: {
      "embedding.": "albert.embeddings.word_embeddings.",
      "positional.": "albert.embeddings.position_embeddings.",
      "token_types.": "albert.embeddings.token_type_embeddings.",
      "embedding_norm.": "albert.embeddings.LayerNorm.",
      "embedding_projection.": "albert.encoder.embedding_hidden_mapping_in.",
      ...layerRenames("albert.encoder.albert_layer_groups.0.albert_layers.0.", {
        query: "attention.query.",
        key: "attention.key.",
        value: "attention.value.",
        out: "attention.dense.",
        norm1: "attention.LayerNorm.",
        linear1: "ffn.",
        linear2: "ffn_output.",
        norm2: "full_layer_layer_norm.",
      }),
      "transform.": "predictions.dense.",
      "transform_norm.": "predictions.LayerNorm.",
      "decoder.weight": "predictions.decoder.weight",
      "decoder.bias": "predictions.bias",
    },
    ignored: /^albert\.pooler\.|^sop_classifier\.|^predictions\.decoder\.bias$|position_ids$/,
    base: "albert.",
  },
};
