import { readFile } from "node:fs/promises";
import {
  ByteLevelBpeTokenizer,
  Classes,
  type Example,
  holdOut,
  readTextExamples,
  type TextExample,
  Tokenizer,
  WordPieceTokenizer,
  WordTokenizer,
} from "../data/index.ts";
import { loadSafetensorsFile, SequenceClassifier, scope } from "../index.ts";
import { alibi, learned, type PositionalEncoding, rotary, sinusoidal } from "../positional/index.ts";
import { FoveaError } from "../runtime/errors.ts";
import { type Config, configOf } from "./config.ts";
import { inFile } from "./text.ts";

/** Texts of a file, and how to name it in errors. */
export interface Texts {
  readonly name: string;
  readonly examples: readonly TextExample[];
}

/** What turns texts into classes, without its parameters. */
export interface Vocabulary {
  readonly classes: Classes;
  readonly tokenizer: Tokenizer;
}

/** The texts to train with and to validate with. Throws `DATA`. */
export async function readSplits({ data }: Config): Promise<{ train: Texts; valid: Texts }> {
  const train = await readTextExamples(data.train, data);
  if (data.valid !== null)
    return {
      train: { name: data.train, examples: train },
      valid: { name: data.valid, examples: await readTextExamples(data.valid, data) },
    };
  const parts = holdOut(train); // the same whatever the training's seed is
  return { train: { name: data.train, examples: parts.train }, valid: { name: data.train, examples: parts.valid } };
}

/** Classes and tokens of the texts to train with. Throws `DATA`. */
export function vocabularyOf({ tokenizer: { kind, ...options } }: Config, { name, examples }: Texts): Vocabulary {
  const classes = Classes.of(examples.map(({ label }) => label));
  if (classes.size > examples.length / 2)
    throw new FoveaError(
      "DATA",
      `${name}: ${examples.length} examples have ${classes.size} different labels; say with data.labelColumn which column the label is`,
    );
  const texts = examples.map(({ text }) => text);
  const trainers = { words: WordTokenizer, bpe: ByteLevelBpeTokenizer, wordpiece: WordPieceTokenizer } as const;
  return { classes, tokenizer: trainers[kind].train(texts, options) };
}

/** Texts as a model takes them. Throws `DATA` for a label that is no class. */
export function encoded({ name, examples }: Texts, { classes, tokenizer }: Vocabulary): Example[] {
  return examples.map(({ text, label, line }): Example => {
    const ids = tokenizer.encode(text, { splitSpecialTokens: true });
    return { ids, label: classes.indexOf(label, `${name}:${line}`) };
  });
}

/** With its initial values. Throws `SHAPE`, `RANGE`. */
export function classifierOf({ model, maxLen }: Config, { classes, tokenizer }: Vocabulary): SequenceClassifier {
  const positions: Record<Config["model"]["positional"], () => PositionalEncoding> = {
    sinusoidal: () => sinusoidal(),
    learned: () => learned(maxLen),
    rotary: () => rotary(),
    alibi: () => alibi(),
  };
  const sizes = { vocabSize: tokenizer.size, numClasses: classes.size, paddingIdx: 0 };
  return new SequenceClassifier({ ...model, ...sizes, positional: positions[model.positional]() });
}

/** A trained model with what it needs. */
export interface Trained extends Vocabulary {
  readonly config: Config;
  readonly model: SequenceClassifier;
}

/** What `config.json` of a folder holds. */
export interface RunDescription {
  readonly config: Config;
  readonly classes: readonly string[];
}

/** The best model of a folder that `fovea train` has written. Throws `DATA`, and what is wrong with its files. */
export async function loadTrained(folder: string): Promise<Trained> {
  const { config, classes, tokenizer } = await readRun(folder);
  const model = classifierOf(config, { classes, tokenizer });
  const best = `${folder}/best-1.safetensors`;
  const tensors = await inFile(best, () => loadSafetensorsFile(best)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new FoveaError("DATA", `${folder}: there is no best-1.safetensors yet; the first epoch must be over`);
  });
  scope(() => model.loadStateDict(tensors));
  for (const tensor of tensors.values()) tensor.dispose();
  model.eval();
  return { config, classes, tokenizer, model };
}

/** Throws `DATA`. */
export async function readRun(folder: string): Promise<Vocabulary & { config: Config }> {
  const read = async (name: string): Promise<unknown> => {
    try {
      return JSON.parse(await readFile(`${folder}/${name}`, "utf8"));
    } catch (error) {
      throw new FoveaError("DATA", `${folder}: this is no folder of fovea train: ${name}: ${(error as Error).message}`);
    }
  };
  const { config, classes } = (await read("config.json")) as RunDescription;
  const json = await read("tokenizer.json");
  const tokenizer = await inFile(`${folder}/tokenizer.json`, () => Tokenizer.fromJSON(json));
  return { config: configOf(config, `${folder}/config.json`), classes: new Classes(classes), tokenizer };
}
