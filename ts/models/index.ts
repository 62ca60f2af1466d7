export { type BeamSearchOptions, beamSearch, type Hypothesis } from "./beamSearch.ts";
export type { Decoding } from "./decoding.ts";
export { collect, type GenerateOptions, generate } from "./generate.ts";
export { LanguageModel, type LanguageModelCall, type LanguageModelOptions, type LanguageModelStep } from "./languageModel.ts";
export { MaskedLanguageModel, type MaskedLanguageModelCall, type MaskedLanguageModelOptions } from "./maskedLanguageModel.ts";
export { PairClassifier, type PairClassifierCall, type PairClassifierOptions } from "./pairClassifier.ts";
export { fromPretrained, type ModelClass, toPretrained } from "./pretrained/fromPretrained.ts";
export type { Weights } from "./pretrained/weights.ts";
export type { Continuation, Prompts } from "./prompts.ts";
export { RecurrentSeq2Seq, type RecurrentSeq2SeqCall, type RecurrentSeq2SeqOptions } from "./recurrentSeq2Seq.ts";
export type { SamplingOptions } from "./sampling.ts";
export { Seq2Seq, type Seq2SeqCall, type Seq2SeqOptions, type Seq2SeqResult } from "./seq2Seq.ts";
export { SequenceClassifier, type SequenceClassifierCall, type SequenceClassifierOptions } from "./sequenceClassifier.ts";
export { type SpeechCall, SpeechEncoder, type SpeechEncoderOptions } from "./speechEncoder.ts";
export {
  type SpeechDecodingCall,
  SpeechRecognizer,
  type SpeechRecognizerCall,
  type SpeechRecognizerOptions,
  type SpeechRecognizerResult,
} from "./speechRecognizer.ts";
export { TextEncoder } from "./textEncoder.ts";
export { type TextCall, TextModel, type TextModelOptions } from "./textModel.ts";
export {
  TransformerXLLanguageModel,
  type TransformerXLLanguageModelCall,
  type TransformerXLLanguageModelOptions,
  type TransformerXLLanguageModelResult,
} from "./transformerXLLanguageModel.ts";
export { VisionTransformer, type VisionTransformerCall, type VisionTransformerOptions } from "./visionTransformer.ts";
