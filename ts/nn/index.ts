export { GELU, ReLU } from "./activations.ts";
export { CrossEntropyLoss } from "./crossEntropyLoss.ts";
export { Dropout } from "./dropout.ts";
export { Embedding } from "./embedding.ts";
export { LayerNorm, type LayerNormOptions } from "./layerNorm.ts";
export { Linear } from "./linear.ts";
export { Module, parameter, type StateDict } from "./module.ts";
export {
  MultiheadAttention,
  type MultiheadAttentionCall,
  type MultiheadAttentionOptions,
  type MultiheadAttentionResult,
} from "./multiheadAttention.ts";
export { Positional } from "./positional.ts";
export { TransformerEncoder } from "./transformerEncoder.ts";
export { type EncoderCall, TransformerEncoderLayer, type TransformerEncoderLayerOptions } from "./transformerEncoderLayer.ts";
