import {
  crossEntropy,
  LanguageModel,
  nllLoss,
  type Objective,
  type Outcome,
  type Tensor,
  TransformerXLLanguageModel,
  tensor,
} from "fovea";
import type { Tokenizer } from "fovea/data";
import { type AttentionSample, attentionMap } from "fovea/explain";
import { atRest } from "./atRest.ts";
import { namesOf, type Segment } from "./text.ts";

/** What it takes to make a decoder, as `config.json` keeps it. */
export interface DecoderConfig {
  readonly model: "gpt" | "xl";
  readonly vocabSize: number;
  readonly dModel: number;
  readonly numHeads: number;
  readonly numLayers: number;
  readonly dropout: number;
  /** How many tokens it is given at a time. */
  readonly seqLen: number;
  /** How many before them Transformer-XL remembers. */
  readonly memoryLen: number;
}

export type Decoder = LanguageModel | TransformerXLLanguageModel;

/** Both have pre-norm layers of the same sizes with GELU, and the embeddings, which begin alike, once more for the output. */
export function newDecoder({ model, vocabSize, dModel, numHeads, numLayers, dropout, memoryLen }: DecoderConfig): Decoder {
  const sizes = { vocabSize, dModel, numHeads, numLayers, dropout, dimFeedforward: 4 * dModel };
  if (model === "gpt") return new LanguageModel({ ...sizes, embeddingStd: 1 / Math.sqrt(dModel) });
  return new TransformerXLLanguageModel({ ...sizes, memoryLen, normFirst: true, activation: "gelu" });
}

/**
 * The loss of what comes next. A GPT sees its segment alone; a Transformer-XL goes on from what it remembers of each lane, which is kept as plain numbers here: the tensors of a step
 * are freed with its scope.
 */
export function nextToken(): Objective<Decoder, Segment> {
  let remembered: { values: Float32Array; shape: Tensor["shape"] }[] = [];
  return (model, { ids, wanted, tokens, first }): Outcome => {
    const facts = { weight: tokens, tokens };
    if (model instanceof LanguageModel) return { loss: crossEntropy(model.forward(ids), wanted), ...facts };
    const memory = first ? null : remembered.map(({ values, shape }) => tensor(values, shape));
    const { logProbs, memory: after } = model.forward(ids, { memory });
    remembered = after.map((states) => ({ values: Float32Array.from(states.view()), shape: states.shape }));
    return { loss: nllLoss(logProbs, wanted), ...facts };
  };
}

/**
 * Perplexity of `text` where each token is foretold from as many before it as a segment holds, however many there are: nothing is cut, but each token is read `seqLen` times. A
 * Transformer-XL remembers nothing here.
 */
export function slidingPerplexity(model: Decoder, text: readonly number[], seqLen: number): number {
  let nats = 0;
  for (let end = 1; end < text.length; ) {
    const length = Math.min(end, seqLen);
    const count = length < seqLen ? 1 : Math.min(TOGETHER, text.length - end);
    nats += count * atRest(model, () => windowsLoss(model, text, { end, length, count }));
    end += count;
  }
  return Math.exp(nats / (text.length - 1));
}

const TOGETHER = 128; // windows

/** Mean over `count` windows of `length` tokens, the first of which ends before token `end` of `text`. */
function windowsLoss(
  model: Decoder,
  text: readonly number[],
  { end, length, count }: { end: number; length: number; count: number },
): number {
  const ends = Array.from({ length: count }, (_, window) => end + window);
  const ids = ends.flatMap((end) => text.slice(end - length, end));
  using decoding = model.decoding();
  const scores = decoding.step(tensor(Int32Array.from(ids), [count, length]));
  return crossEntropy(scores, tensor(Int32Array.from(ends, (end) => text[end]!))).item();
}

/** Perplexity for a reader who knows how frequent each token is in `known`, and nothing else. */
export function unigramPerplexity(known: readonly number[], text: readonly number[], vocabSize: number): number {
  const counts = new Float64Array(vocabSize).fill(1); // none is impossible
  for (const id of known) counts[id]! += 1;
  const total = known.length + vocabSize;
  return Math.exp(text.slice(1).reduce((sum, id) => sum - Math.log(counts[id]! / total), 0) / (text.length - 1));
}

/** Of the last whole segment of `ids`: what each of its tokens looked at, of what is remembered as well. */
export function decoderAttention(model: Decoder, tokenizer: Tokenizer, ids: readonly number[], seqLen: number): AttentionSample {
  const count = Math.max(1, Math.floor(ids.length / seqLen));
  const segments = Array.from({ length: count }, (_, i) => ids.slice(i * seqLen, (i + 1) * seqLen));
  const last = segments.pop()!;
  const row = (some: readonly number[]): Tensor => tensor(Int32Array.from(some), [1, some.length]);
  return atRest(model, () => {
    if (model instanceof LanguageModel)
      return attentionMap(namesOf(tokenizer, last), model.forward(row(last), { needWeights: true }).weights);
    let memory: Tensor[] | null = null;
    for (const segment of segments) memory = model.forward(row(segment), { memory }).memory;
    const { weights = [] } = model.forward(row(last), { memory, needWeights: true });
    const seen = ids.slice(0, count * seqLen).slice(-weights[0]!.shape[3]!);
    return attentionMap(namesOf(tokenizer, last), weights, 0, { keys: namesOf(tokenizer, seen) });
  });
}
