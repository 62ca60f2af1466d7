// What of PyTorch is here: the one list behind docs/compatibility.md. test/docs/compatibility.test.ts checks it against the exports and the goldens.
import { functions, tensors, training } from "./functions.mjs";
import { attention, layers, losses } from "./modules.mjs";

/**
 * @typedef {object} Entry
 * @property {string} torch PyTorch's name; of what we lack, several at a time
 * @property {string} [ours] what `fovea` exports for it, one name or several; none: it is not here
 * @property {string} [differs] how, if it does
 * @property {string} [goldens] which of PyTorch's cases it is held to: `group`, or `group field=value`
 */

/** @typedef {{ title: string, entries: Entry[] }} Section */

/** @type {readonly Section[]} */
export const SECTIONS = [attention, layers, losses, training, functions, tensors];

/** Classes that PyTorch has no counterpart of, and what each is. @type {Readonly<Record<string, string>>} */
export const OURS_ALONE = {
  AdaptiveEmbedding: "rare words narrow, frequent ones wide (Baevski and Auli 2019)",
  AdaptiveSoftmax: "its softmax, over its vectors; PyTorch's `AdaptiveLogSoftmaxWithLoss` has weights of its own",
  AttentionPool: "a sequence to one vector, by attention with a learned query",
  BahdanauAttention: "additive attention over recurrent states (Bahdanau et al. 2015)",
  Checkpoints: "a callback of `fit`: the last and the best state, from which a run goes on to the same bits",
  DecodingCache: "one KeyValueCache for each layer of a Transformer, and the memory projected once",
  EarlyStopping: "a callback of `fit`: ends a run whose metric no longer improves",
  FirstPool: "a sequence to its first position: `cls`",
  FoveaError: "every error: a stable `code` and a sentence",
  InfoNCE: "the contrastive loss of paired batches (van den Oord et al. 2018)",
  KeyValueCache: "keys and values of earlier tokens, growing or of a fixed size",
  LanguageModel: "a decoder with tied embeddings: GPT, Llama",
  Lion: "an optimizer by signs (Chen et al. 2023)",
  LoRA: "a linear layer with an addition of low rank that is trained in its place (Hu et al. 2022)",
  LuongAttention: "dot and general attention over recurrent states (Luong et al. 2015)",
  MaskedLanguageModel: "BERT and ALBERT with the head they are pretrained by",
  MaxPool: "a sequence to the largest of each feature over its positions; PyTorch's `MaxPool1d` slides a window",
  MeanPool: "a sequence to the mean of its positions",
  PairClassifier: "two texts, attention from each to the other, one label",
  Positional: "a module that adds a positional encoding",
  RecurrentSeq2Seq: "GRUs with Bahdanau's attention between them",
  Seq2Seq: "`Transformer` with tied embeddings",
  SequenceClassifier: "embedding, positions, encoder, pooling, head",
  SpeechEncoder: "Whisper's encoder: frames, convolutions, layers",
  SpeechRecognizer: "a SpeechEncoder with a CTC head and a decoder, which write alone or together",
  SwiGLU: "the gated feed-forward (Shazeer 2020)",
  TextEncoder: "embedding, positions, encoder",
  TextModel: "what the models of text begin with",
  TransformerXL: "segments with memory (Dai et al. 2019)",
  TransformerXLLanguageModel: "TransformerXL between adaptive embeddings and softmax",
  VisionTransformer: "patches, encoder, class (Dosovitskiy et al. 2021)",
};
