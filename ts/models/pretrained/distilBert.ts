import { learned } from "../../positional/learned.ts";
import { MaskedLanguageModel } from "../maskedLanguageModel.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";
import { layerRenames } from "./renames.ts";

function build(config: Config): MaskedLanguageModel {
  return new MaskedLanguageModel({
    vocabSize: config.number("vocab_size"),
    dModel: config.number("dim"),
    numHeads: config.number("n_heads"),
    numLayers: config.number("n_layers"),
    dimFeedforward: config.number("hidden_dim"),
    positional: learned(config.number("max_position_embeddings")),
    layerNormEps: 1e-12,
    dropout: config.number("dropout", 0.1),
    activation: config.activation("activation", ACTIVATIONS),
    paddingIdx: config.number("pad_token_id", 0),
  });
}

export const distilBertArchitectures: Record<string, Architecture> = {
  DistilBertForMaskedLM: {
    build,
    renames: {
      "embedding.": "distilbert.embeddings.word_embeddings.",
      "positional.": "distilbert.embeddings.position_embeddings.",
      "embedding_norm.": "distilbert.embeddings.LayerNorm.",
      ...layerRenames("distilbert.transformer.layer.*.", {
        query: "attention.q_lin.",
        key: "attention.k_lin.",
        value: "attention.v_lin.",
        out: "attention.out_lin.",
        norm1: "sa_layer_norm.",
        linear1: "ffn.lin1.",
        linear2: "ffn.lin2.",
        norm2: "output_layer_norm.",
      }),
      "transform.": "vocab_transform.",
      "transform_norm.": "vocab_layer_norm.",
      "decoder.": "vocab_projector.",
    },
    base: "distilbert.",
  },
};
