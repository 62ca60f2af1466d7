import { FoveaError } from "../../runtime/errors.ts";
import { TransformerXLLanguageModel } from "../transformerXLLanguageModel.ts";
import type { Architecture } from "./architecture.ts";
import type { Config } from "./config.ts";
import type { Source } from "./renames.ts";

function build(config: Config): TransformerXLLanguageModel {
  config.expect("attn_type", 0);
  config.expect("untie_r", true);
  const [dModel, cutoffs, divValue] = [config.number("d_model"), config.numbers("cutoffs"), config.number("div_val", 1)];
  config.expect("d_embed", dModel);
  if (cutoffs.length > 0 && divValue === 1)
    throw new FoveaError("UNSUPPORTED", "fromPretrained: cutoffs need a div_val above 1, got 1");
  return new TransformerXLLanguageModel({
    vocabSize: config.number("vocab_size"),
    dModel,
    numHeads: config.number("n_head"),
    headDim: config.number("d_head"),
    numLayers: config.number("n_layer"),
    dimFeedforward: config.number("d_inner"),
    memoryLen: config.number("mem_len"),
    cutoffs,
    divValue,
    ownProjections: config.flags("tie_projs", []).map((tied) => !tied),
    attentionBias: false,
    normFirst: config.flag("pre_lnorm", false),
    finalNorm: false,
    sameLength: config.flag("same_length", false),
    ...(config.number("clamp_len") > 0 && { clampLen: config.number("clamp_len") }),
    layerNormEps: config.number("layer_norm_epsilon", 1e-5),
    dropout: config.number("dropout", 0.1),
  });
}

const projection = "transformer.layers.*.dec_attn.qkv_net.weight";
const third = (part: number): Source => ({ from: projection, part, of: 3 });

export const transfoXLArchitectures: Record<string, Architecture> = {
  TransfoXLLMHeadModel: {
    build,
    renames: {
      "embedding.tables.*.": "transformer.word_emb.emb_layers.*.",
      "embedding.projections.*.weight": "transformer.word_emb.emb_projs.*",
      "transformer.layers.*.self_attn.in_proj_weight": projection,
      "transformer.layers.*.self_attn.q_proj_weight": third(0),
      "transformer.layers.*.self_attn.k_proj_weight": third(1),
      "transformer.layers.*.self_attn.v_proj_weight": third(2),
      "transformer.layers.*.self_attn.out_proj.": "transformer.layers.*.dec_attn.o_net.",
      "transformer.layers.*.self_attn.positional.u": "transformer.layers.*.dec_attn.r_w_bias",
      "transformer.layers.*.self_attn.positional.v": "transformer.layers.*.dec_attn.r_r_bias",
      "transformer.layers.*.self_attn.positional.r_": "transformer.layers.*.dec_attn.r_net.",
      "transformer.layers.*.norm1.": "transformer.layers.*.dec_attn.layer_norm.",
      "transformer.layers.*.linear1.": "transformer.layers.*.pos_ff.CoreNet.0.",
      "transformer.layers.*.linear2.": "transformer.layers.*.pos_ff.CoreNet.3.",
      "transformer.layers.*.norm2.": "transformer.layers.*.pos_ff.layer_norm.",
      "head.outputs.*.": "crit.out_layers.*.",
      "head.projections.*.weight": "crit.out_projs.*",
      "head.clusters.": "crit.cluster_",
    },
    ignored: /^transformer\.pos_emb\.inv_freq$/,
  },
};
