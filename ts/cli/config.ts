import { readFile } from "node:fs/promises";
import type { TextFormat } from "../data/index.ts";
import { FoveaError } from "../runtime/errors.ts";
import { Fields } from "./fields.ts";

/** What `fovea train` is told, its defaults filled in. Paths are as written: relative to where the command runs. */
export interface Config {
  readonly data: {
    readonly train: string;
    /** Null: a tenth of `train` is held out. */
    readonly valid: string | null;
    readonly format: TextFormat | undefined;
    readonly textColumn: string | number | undefined;
    readonly labelColumn: string | number | undefined;
    readonly header: boolean | undefined;
  };
  readonly tokenizer: { readonly kind: (typeof TOKENIZERS)[number]; readonly vocabSize: number; readonly minCount: number };
  readonly model: {
    readonly dModel: number;
    readonly numHeads: number;
    readonly numLayers: number;
    readonly dimFeedforward: number;
    readonly positional: (typeof POSITIONS)[number];
    readonly pooling: (typeof POOLINGS)[number];
    readonly head: (typeof HEADS)[number];
    readonly activation: (typeof ACTIVATIONS)[number];
    readonly dropout: number;
    readonly embeddingDropout: number;
    readonly normFirst: boolean;
  };
  readonly optimizer: { readonly name: (typeof OPTIMIZERS)[number]; readonly lr: number; readonly weightDecay: number };
  readonly schedule: { readonly name: (typeof SCHEDULES)[number]; readonly warmupRatio: number };
  readonly epochs: number;
  readonly batchSize: number;
  readonly maxLen: number;
  readonly clipGradNorm: number;
  readonly labelSmoothing: number;
  /** Epochs that may fail to improve before it ends; null: it goes to the last. */
  readonly patience: number | null;
  readonly tensorBoard: boolean;
  readonly seed: number;
  readonly out: string;
}

const TOKENIZERS = ["words", "bpe", "wordpiece"] as const;
const POSITIONS = ["sinusoidal", "learned", "rotary", "alibi"] as const;
const POOLINGS = ["mean", "cls", "max", "attention"] as const;
const HEADS = ["linear", "tanh", "lstm"] as const;
const ACTIVATIONS = ["relu", "gelu", "geluTanh", "silu", "swiglu"] as const;
const OPTIMIZERS = ["AdamW", "Adam", "SGD"] as const;
const SCHEDULES = ["cosine", "linear", "constant"] as const;

/** Throws `DATA`, naming file and key. */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new FoveaError("DATA", `${path}: the configuration cannot be read: ${error.message}`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FoveaError("DATA", `${path}: the configuration is not JSON: ${(error as Error).message}`);
  }
  return configOf(json, path);
}

/** Throws `DATA`. */
export function configOf(json: unknown, where: string): Config {
  const all = new Fields(json, where);
  const config: Config = {
    data: dataOf(all.fields("data")),
    tokenizer: tokenizerOf(all.fields("tokenizer")),
    model: modelOf(all.fields("model")),
    optimizer: optimizerOf(all.fields("optimizer")),
    schedule: scheduleOf(all.fields("schedule")),
    epochs: all.whole("epochs", 10),
    batchSize: all.whole("batchSize", 32),
    maxLen: all.whole("maxLen", 128),
    clipGradNorm: all.number("clipGradNorm", 1),
    labelSmoothing: all.number("labelSmoothing", 0),
    patience: all.whole("patience", null),
    tensorBoard: all.flag("tensorBoard", false),
    seed: all.whole("seed", 0, 0),
    out: all.needed("out"),
  };
  all.end();
  return config;
}

function dataOf(fields: Fields): Config["data"] {
  const data = {
    train: fields.needed("train"),
    valid: fields.text("valid", null),
    format: fields.choice("format", ["tsv", "csv", "jsonl"], undefined),
    textColumn: fields.column("textColumn"),
    labelColumn: fields.column("labelColumn"),
    header: fields.flag("header", undefined),
  };
  fields.end();
  return data;
}

function tokenizerOf(fields: Fields): Config["tokenizer"] {
  const tokenizer = {
    kind: fields.choice("kind", TOKENIZERS, "words"),
    vocabSize: fields.whole("vocabSize", 20_000, 2),
    minCount: fields.whole("minCount", 2),
  };
  fields.end();
  return tokenizer;
}

function modelOf(fields: Fields): Config["model"] {
  const dModel = fields.whole("dModel", 64);
  const dropout = fields.number("dropout", 0.1);
  const model = {
    dModel,
    numHeads: fields.whole("numHeads", 4),
    numLayers: fields.whole("numLayers", 2),
    dimFeedforward: fields.whole("dimFeedforward", 4 * dModel),
    positional: fields.choice("positional", POSITIONS, "sinusoidal"),
    pooling: fields.choice("pooling", POOLINGS, "mean"),
    head: fields.choice("head", HEADS, "linear"),
    activation: fields.choice("activation", ACTIVATIONS, "relu"),
    dropout,
    embeddingDropout: fields.number("embeddingDropout", dropout),
    normFirst: fields.flag("normFirst", false),
  };
  fields.end();
  return model;
}

function optimizerOf(fields: Fields): Config["optimizer"] {
  const optimizer = {
    name: fields.choice("name", OPTIMIZERS, "AdamW"),
    lr: fields.number("lr", 1e-3),
    weightDecay: fields.number("weightDecay", 0.01),
  };
  fields.end();
  return optimizer;
}

function scheduleOf(fields: Fields): Config["schedule"] {
  const schedule = { name: fields.choice("name", SCHEDULES, "cosine"), warmupRatio: fields.number("warmupRatio", 0.1) };
  fields.end();
  return schedule;
}
