import { AdamW, type EpochSummary, type LoopOptions, type Module, Rng, warmupCosine } from "fovea";
import type { Tokenizer } from "fovea/data";
import type { AttentionSample } from "fovea/explain";
import { makeStories } from "./makeStories.ts";
import type { TrainOptions } from "./options.ts";
import type { Trained } from "./run.ts";
import { idsOf, readLines, trainTokenizer } from "./text.ts";

const LEARNING_RATE = 2e-3;
const STORIES = { train: 1500, valid: 150 };

export interface Data {
  readonly tokenizer: Tokenizer;
  /** Those held out, to show some. */
  readonly texts: readonly string[];
  readonly train: readonly (readonly number[])[];
  readonly valid: readonly (readonly number[])[];
  /** If there is a file of them. */
  readonly test: readonly (readonly number[])[] | null;
}

/** The files, or else stories: always the same. */
export async function readData({ files, vocab }: TrainOptions): Promise<Data> {
  const stories = files ? [] : makeStories(STORIES.train + STORIES.valid, new Rng(1));
  const train = files ? await readLines(files.train) : stories.slice(STORIES.valid);
  const texts = files ? await readLines(files.valid) : stories.slice(0, STORIES.valid);
  const tokenizer = trainTokenizer(train, vocab);
  const test = files?.test === undefined ? null : await readLines(files.test);
  const encoded = (some: readonly string[]): number[][] => some.map((text) => idsOf(tokenizer, text));
  return { tokenizer, texts, train: encoded(train), valid: encoded(texts), test: test && encoded(test) };
}

/** A line of `metrics.jsonl`. */
export interface EpochRecord {
  readonly model: string;
  readonly epoch: number;
  readonly loss: number;
  readonly validLoss: number;
  /** What the validation's loss comes to: of gpt and xl. */
  readonly perplexity?: number;
  /** Share of the hidden tokens that are found: of albert. */
  readonly accuracy?: number;
  readonly seconds: number;
}

/** What a training leaves. */
export interface Outcome {
  readonly records: readonly EpochRecord[];
  /** What it came to, in lines. */
  readonly facts: readonly string[];
  readonly samples: readonly AttentionSample[];
  readonly runs: readonly (Trained & { readonly name: string })[];
}

/** How every model here is trained. Each epoch is printed, and added to `records`. */
export function recipe(name: string, model: Module, { epochs, seed }: TrainOptions, records: EpochRecord[]): LoopOptions {
  return {
    optimizer: new AdamW(model.parameters(), { lr: LEARNING_RATE, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.06 }),
    clipGradNorm: 1,
    epochs,
    seed,
    onEpoch({ epoch, loss, seconds, valid }: EpochSummary) {
      const { loss: validLoss, accuracy } = valid!;
      const perplexity = Math.exp(validLoss);
      records.push({ model: name, epoch, loss, validLoss, ...(name === "albert" ? { accuracy } : { perplexity }), seconds });
      const score = name === "albert" ? `${percent(accuracy)} right` : `perplexity ${perplexity.toFixed(2)}`;
      const losses = `loss ${loss.toFixed(3)}; validation ${validLoss.toFixed(3)}`;
      console.log(`${name}, epoch ${epoch} of ${epochs}: ${losses}, ${score} (${seconds.toFixed(0)} s)`);
    },
  };
}

export const parametersOf = (model: Module): string =>
  model
    .parameters()
    .reduce((sum, { length }) => sum + length, 0)
    .toLocaleString("en");

export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
