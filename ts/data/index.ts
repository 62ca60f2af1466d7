/**
 * From files of examples to batches.
 *
 *     import { ByteLevelBpeTokenizer, Classes, readTextExamples } from "fovea/data";
 *
 *     const examples = await readTextExamples("train.tsv");
 *     const classes = Classes.of(examples.map(({ label }) => label));
 *     const tokenizer = ByteLevelBpeTokenizer.train(examples.map(({ text }) => text), { vocabSize: 5000 });
 *
 * @module
 */

export { type AffineOptions, affinePicture, type RandomAffineOptions, randomAffine } from "./affine.ts";
export { type Batch, type BatchOptions, batches, type CollateOptions, collate, type Example } from "./batches.ts";
export { Classes } from "./classes.ts";
export { type ClassWeightOptions, classWeights } from "./classWeights.ts";
export type { ColumnOptions } from "./columns.ts";
export { type CsvOptions, csvRows } from "./csv.ts";
export {
  type Collate,
  type CollateContext,
  DataLoader,
  type DataLoaderOptions,
  type DataPosition,
  type Dataset,
} from "./dataLoader.ts";
export type { TextChunks } from "./decodedText.ts";
export { type HoldOutOptions, holdOut } from "./holdOut.ts";
export { type IdxItem, type IdxValues, idxItems, readIdx } from "./idx.ts";
export {
  cropPicture,
  flipPicture,
  normalizePicture,
  type Picture,
  patches,
  picture,
  randomFlip,
  randomShift,
  shiftPicture,
  stackPictures,
} from "./images.ts";
export { type JsonlRow, jsonlRows } from "./jsonl.ts";
export { type Line, lines } from "./lines.ts";
export { type MaskedIds, type MaskTokensOptions, maskTokens } from "./maskTokens.ts";
export {
  type PaddedFrames,
  type PaddedIds,
  type PaddingOptions,
  type PairTruncation,
  padFrames,
  padIds,
  pairLengths,
  type Truncation,
  truncate,
} from "./padding.ts";
export { type PaddedPairs, type PadPairsOptions, padPairs } from "./padPairs.ts";
export { type ParallelExample, type ParallelNames, parallelText, readParallelText } from "./parallelText.ts";
export { type PlanOptions, planBatches } from "./planBatches.ts";
export { type ByteChunks, readBytes } from "./readBytes.ts";
export { readText } from "./readText.ts";
export type { SourceName, TableRow } from "./table.ts";
export { type ReadOptions, readTextExamples, type TextExample, type TextFormat, textExamples } from "./textExamples.ts";
export { type ByteLevelBpeOptions, ByteLevelBpeTokenizer } from "./tokenizers/byteLevelBpeTokenizer.ts";
export { CharacterTokenizer, type CharacterTokenizerOptions } from "./tokenizers/characterTokenizer.ts";
export type { DecodeOptions, EncodeOptions, Encoding, Span } from "./tokenizers/encoding.ts";
export { type HuggingFaceTokenizer, type PretrainedTokenizer, pretrainedTokenizer } from "./tokenizers/pretrainedTokenizer.ts";
export { Tokenizer } from "./tokenizers/tokenizer.ts";
export type { TokenizerJson } from "./tokenizers/tokenizerJson.ts";
export type { WordLevelOptions } from "./tokenizers/wordLevel.ts";
export { type WordPieceOptions, WordPieceTokenizer } from "./tokenizers/wordPieceTokenizer.ts";
export { type WordOptions, words } from "./tokenizers/words.ts";
export { WordTokenizer, type WordTokenizerOptions } from "./tokenizers/wordTokenizer.ts";
export { tsvRows } from "./tsv.ts";
export { type Recording, readWav, type WavBlock, type WavFormat, wavBlocks } from "./wav.ts";
