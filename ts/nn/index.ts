export { GELU, GLU, ReLU, Sigmoid, SiLU, Tanh } from "./activations.ts";
export { AdaptiveEmbedding, type AdaptiveOptions, AdaptiveSoftmax } from "./adaptive.ts";
export { BahdanauAttention, type BahdanauAttentionCall } from "./bahdanauAttention.ts";
export { Identity, type Layer, ModuleDict, ModuleList, Sequential } from "./containers.ts";
export { Conv1d, Conv2d, type ConvModuleOptions } from "./conv.ts";
export { DecodingCache, type LayerCache } from "./decodingCache.ts";
export { Dropout } from "./dropout.ts";
export { Embedding } from "./embedding.ts";
export { type FeedForwardActivation, SwiGLU } from "./feedForward.ts";
export { GroupNorm } from "./groupNorm.ts";
export { GRU } from "./gru.ts";
export type { ForwardHook, ForwardPreHook, HookHandle } from "./hooks.ts";
export { KeyValueCache, type KeyValueCacheOptions } from "./keyValueCache.ts";
export { LayerNorm, type LayerNormOptions } from "./layerNorm.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export type { LoadedState } from "./loadStateDict.ts";
export {
  type ApplyLoRAOptions,
  applyLoRA,
  LoRA,
  type LoRAOptions,
  loadLoRAStateDict,
  loraStateDict,
  mergeLoRA,
} from "./lora.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CosineEmbeddingLoss,
  CrossEntropyLoss,
  CTCLoss,
  HuberLoss,
  InfoNCE,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
  TripletMarginLoss,
} from "./losses.ts";
export { LSTM, type LSTMCall, type LSTMResult } from "./lstm.ts";
export { LuongAttention, type LuongAttentionOptions } from "./luongAttention.ts";
export { Module, parameter, type StateDict } from "./module.ts";
export {
  MultiheadAttention,
  type MultiheadAttentionCall,
  type MultiheadAttentionOptions,
  type MultiheadAttentionResult,
} from "./multiheadAttention.ts";
export type { Norm, NormKind } from "./norm.ts";
export { AttentionPool, FirstPool, MaxPool, MeanPool, type Pool, type PoolCall, type Pooling } from "./pooling.ts";
export { Positional } from "./positional.ts";
export { Recurrent, type RecurrentCall, type RecurrentOptions, type RecurrentResult, type RecurrentStep } from "./recurrent.ts";
export { GRUCell, LSTMCell, type LSTMState, type RecurrentState, RNNCell } from "./recurrentCells.ts";
export { RMSNorm } from "./rmsNorm.ts";
export { RNN, type RNNOptions } from "./rnn.ts";
export type { StateAttentionCall, StateAttentionResult } from "./stateAttention.ts";
export { Transformer, type TransformerCall, type TransformerOptions, type TransformerResult } from "./transformer.ts";
export { type DecoderResult, type DecoderStackCall, TransformerDecoder } from "./transformerDecoder.ts";
export {
  type DecoderCall,
  type DecoderLayerCall,
  type DecoderLayerResult,
  TransformerDecoderLayer,
  type TransformerDecoderLayerOptions,
} from "./transformerDecoderLayer.ts";
export { type EncoderStackCall, TransformerEncoder, type TransformerEncoderOptions } from "./transformerEncoder.ts";
export {
  type EncoderCall,
  type EncoderLayerCall,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
} from "./transformerEncoderLayer.ts";
export { TransformerXL, type TransformerXLCall, type TransformerXLOptions, type TransformerXLResult } from "./transformerXL.ts";
