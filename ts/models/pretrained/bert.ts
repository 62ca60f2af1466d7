import { learned } from "../../positional/learned.ts";
import { MaskedLanguageModel } from "../maskedLanguageModel.ts";
import { SequenceClassifier } from "../sequenceClassifier.ts";
import { TextEncoder } from "../textEncoder.ts";
import type { TextModelOptions } from "../textModel.ts";
import type { Architecture } from "./architecture.ts";
import { ACTIVATIONS, type Config } from "./config.ts";
import { layerRenames, type Renames } from "./renames.ts";

const embeddings = (base: string): Renames => ({
  "embedding.": `${base}embeddings.word_embeddings.`,
  "positional.": `${base}embeddings.position_embeddings.`,
  "token_types.": `${base}embeddings.token_type_embeddings.`,
  "embedding_norm.": `${base}embeddings.LayerNorm.`,
});

const layers = (base: string): Renames =>
  layerRenames(`${base}encoder.layer.*.`, {
    query: "attention.self.query.",
    key: "attention.self.key.",
    value: "attention.self.value.",
    out: "attention.output.dense.",
    norm1: "attention.output.LayerNorm.",
    linear1: "intermediate.dense.",
    linear2: "output.dense.",
    norm2: "output.LayerNorm.",
  });

function options(config: Config) {
  config.expect("position_embedding_type", "absolute");
  config.expect("is_decoder", false);
  return {
    vocabSize: config.number("vocab_size"),
    dModel: config.number("hidden_size"),
    numHeads: config.number("num_attention_heads"),
    numLayers: config.number("num_hidden_layers"),
    dimFeedforward: config.number("intermediate_size"),
    positional: learned(config.number("max_position_embeddings")),
    numTokenTypes: config.number("type_vocab_size", 2),
    layerNormEps: config.number("layer_norm_eps", 1e-12),
    dropout: config.number("hidden_dropout_prob", 0.1),
    activation: config.activation("hidden_act", ACTIVATIONS),
    paddingIdx: config.number("pad_token_id", 0),
    embeddingNorm: true,
  } satisfies TextModelOptions;
}

/** RoBERTa's positions begin behind that of its padding. */
function robertaOptions(config: Config) {
  const given = options(config);
  const positional = learned(config.number("max_position_embeddings"), { paddingIdx: given.paddingIdx });
  return { ...given, positional, positionsFromPadding: true };
}

const pooled: Renames = { "pooler.": "bert.pooler.dense.", "classifier.": "classifier." };
const bert = { ...embeddings("bert."), ...layers("bert.") };
const roberta = { ...embeddings("roberta."), ...layers("roberta.") };

export const bertArchitectures: Record<string, Architecture> = {
  BertModel: {
    build: (config) => new TextEncoder(options(config)),
    renames: { ...embeddings(""), ...layers("") },
    ignored: /^pooler\.|position_ids$/,
  },
  BertForMaskedLM: {
    build: (config) => new MaskedLanguageModel(options(config)),
    renames: {
      ...bert,
      "transform.": "cls.predictions.transform.dense.",
      "transform_norm.": "cls.predictions.transform.LayerNorm.",
      "decoder.weight": "cls.predictions.decoder.weight",
      "decoder.bias": "cls.predictions.bias",
    },
    ignored: /^bert\.pooler\.|^cls\.seq_relationship\.|^cls\.predictions\.decoder\.bias$|position_ids$/,
    base: "bert.",
  },
  BertForSequenceClassification: {
    build: (config) =>
      new SequenceClassifier({ ...options(config), numClasses: config.numClasses, pooling: "cls", head: "tanh" }),
    renames: { ...bert, ...pooled },
    ignored: /position_ids$/,
    base: "bert.",
  },
  RobertaForMaskedLM: {
    build: (config) => new MaskedLanguageModel(robertaOptions(config)),
    renames: {
      ...roberta,
      "transform.": "lm_head.dense.",
      "transform_norm.": "lm_head.layer_norm.",
      "decoder.weight": "lm_head.decoder.weight",
      "decoder.bias": "lm_head.bias",
    },
    ignored: /^roberta\.pooler\.|^lm_head\.decoder\.bias$|position_ids$/,
    base: "roberta.",
  },
  RobertaForSequenceClassification: {
    build: (config) =>
      new SequenceClassifier({ ...robertaOptions(config), numClasses: config.numClasses, pooling: "cls", head: "tanh" }),
    renames: { ...roberta, "pooler.": "classifier.dense.", "classifier.": "classifier.out_proj." },
    ignored: /^roberta\.pooler\.|position_ids$/,
    base: "roberta.",
  },
};
