/**
 * From files of examples to batches.
 *
 *     import { Classes, readTextExamples, WordTokenizer } from "fovea/data";
 *
 *     const examples = await readTextExamples("train.tsv");
 *     const classes = Classes.of(examples.map(({ label }) => label));
 *     const tokenizer = WordTokenizer.train(examples.map(({ text }) => text), { minCount: 2 });
 *
 * @module
 */
export { type Batch, type BatchOptions, batches, type CollateOptions, collate, type Example, planBatches } from "./batches.ts";
export { Classes } from "./classes.ts";
export type { ColumnOptions } from "./columns.ts";
export { type CsvOptions, csvRows } from "./csv.ts";
export { type HoldOutOptions, holdOut } from "./holdOut.ts";
export { type JsonlRow, jsonlRows } from "./jsonl.ts";
export { type Line, lines } from "./lines.ts";
export { readText, type TextChunks } from "./readText.ts";
export type { SourceName, TableRow } from "./table.ts";
export { type ReadOptions, readTextExamples, type TextExample, type TextFormat, textExamples } from "./textExamples.ts";
export { tsvRows } from "./tsv.ts";
export { type WordOptions, words } from "./words.ts";
export { WordTokenizer, type WordTokenizerJson, type WordTokenizerOptions } from "./wordTokenizer.ts";
