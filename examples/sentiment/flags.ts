import { HEADS, POOLINGS, recipe } from "./recipe.ts";

interface Flag {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Every option of the command line; the parser and the help both read this. */
export const flags = {
  train: { type: "string", value: "FILE", help: "train on this TSV, CSV or JSONL file instead of the reviews carried here" },
  valid: { type: "string", value: "FILE", help: "choose the best epoch by this file; without it a tenth of --train is held out" },
  test: { type: "string", value: "FILE", help: "score the finished model on this file, once, at the end" },
  "text-column": { type: "string", value: "NAME", help: "the column with the text, by name or by index from 0" },
  "label-column": { type: "string", value: "NAME", help: "the column with the label, by name or by index from 0" },
  epochs: { type: "string", value: "N", help: `passes over the training set (${recipe.epochs})` },
  "batch-size": { type: "string", value: "N", help: `reviews per step (${recipe.batchSize})` },
  lr: { type: "string", value: "RATE", help: `the highest learning rate (${recipe.lr})` },
  "d-model": { type: "string", value: "N", help: `width of the model (${recipe.dModel})` },
  layers: { type: "string", value: "N", help: `encoder layers (${recipe.numLayers})` },
  heads: { type: "string", value: "N", help: `attention heads per layer (${recipe.numHeads})` },
  pooling: { type: "string", value: "NAME", help: `what is classified: ${POOLINGS.join(", ")} (${recipe.pooling})` },
  head: { type: "string", value: "NAME", help: `what classifies: ${HEADS.join(", ")} (${recipe.head})` },
  "max-len": { type: "string", value: "N", help: `words of a review that are read (${recipe.maxLen})` },
  seed: { type: "string", value: "N", help: `decides initial values, order and dropout (${recipe.seed})` },
  out: { type: "string", value: "DIR", help: "where the run is written (runs/<time>)" },
  resume: { type: "string", value: "DIR", help: "go on with a run that was stopped" },
  predict: {
    type: "string",
    value: "DIR",
    help: "classify the sentences that follow, or the lines of standard input, with a run",
  },
  "per-head": { type: "boolean", help: "with --predict: draw each head's attention rather than each layer's mean" },
  threads: { type: "string", value: "N", help: "threads to use (one per core)" },
  variant: {
    type: "string",
    value: "NAME",
    help: "wasm build: simd, simd-threads, relaxed or relaxed-threads (the best that runs)",
  },
  deterministic: { type: "boolean", help: "only builds whose results have the same bits on every engine" },
  help: { type: "boolean", help: "this text" },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof flags;

/** What was given of them. */
export type FlagValues = { [Name in FlagName]?: (typeof flags)[Name]["type"] extends "boolean" ? boolean : string };

export function helpText(): string {
  const names = Object.entries<Flag>(flags).map(([name, { value }]) => `--${name}${value ? ` ${value}` : ""}`);
  const width = Math.max(...names.map((name) => name.length));
  const list = Object.values<Flag>(flags).map(({ help }, i) => `  ${names[i]!.padEnd(width)}  ${help}`);
  return `Trains a small transformer to tell the sentiment of sentences, and uses it.

  npm start                                                train on the reviews carried here
  npm start -- --train FILE --valid FILE [--test FILE]     train on other files
  npm start -- --resume DIR                                go on with a run that was stopped
  npm start -- --predict DIR "a sentence"                  classify, and show what was attended to

${list.join("\n")}
`;
}
