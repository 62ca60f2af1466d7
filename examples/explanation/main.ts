/**
 * Why a classifier said what it said: trains the sentiment example's model, or takes one that is trained, and shows for each word what it had to do with
 * the answer. README.md shows what it prints; `--help` lists the options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type InitOptions, init, loadSafetensors, runtime, type SequenceClassifier } from "fovea";
import type { WordTokenizer } from "fovea/data";
import { attributionHtml, attributionText } from "fovea/explain";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { type Dataset, loadDataset } from "../sentiment/dataset.ts";
import { buildModel, sizesFor } from "../sentiment/model.ts";
import { idsOf, tokensOf } from "../sentiment/reading.ts";
import { recipe } from "../sentiment/recipe.ts";
import { readRunConfig } from "../sentiment/runConfig.ts";
import { readFromRun } from "../sentiment/runFolder.ts";
import { Training } from "../sentiment/training.ts";
import { UsageError, withPath } from "../sentiment/usageError.ts";
import { explain, METHODS } from "./explain.ts";
import { type Faithfulness, measure, type Text } from "./measure.ts";

const HELP = `Shows what each word had to do with a classifier's answer.

  npm run example -- explanation ["a sentence" …]      trains on the sentiment example's reviews, 16 epochs
    --run FOLDER    a run of the sentiment example, in place of training
    --train FILE    TSV, CSV or JSONL with a text and a label column
    --valid FILE    the same; left out: a tenth of --train
    --epochs N      default 16
    --count N       held-out texts to measure on, default 300
    --threads N     default all
    --seed N        default 1
    --out FOLDER    for explanation.html, default runs/explanation`;

interface Options {
  readonly sentences: readonly string[];
  readonly run: string | null;
  readonly files: { readonly train: string | null; readonly valid: string | null; readonly test: null };
  readonly epochs: number;
  readonly count: number;
  readonly engine: InitOptions;
  readonly seed: number;
  readonly out: string;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const { values, positionals: sentences } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ run: text, train: text, valid: text, epochs: text, count: text, threads: text, seed: text, out: text },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const { run = null, train = null, valid = null, out = "runs/explanation" } = values;
  if (run !== null && train !== null) throw new UsageError("explanation: --run has its data already, got --train besides");
  expectWith("explanation", values, "train", ["valid"]);
  if (sentences.some((sentence) => sentence.trim() === ""))
    throw new UsageError("explanation: a sentence needs at least one word, got an empty one");
  const { whole, engine } = numbersOf("explanation", values);
  return {
    ...{ sentences, run, files: { train, valid, test: null }, out },
    epochs: whole("epochs", recipe.epochs),
    count: whole("count", 300),
    engine: engine(),
    seed: whole("seed", 1, 0),
  };
}

interface Learned {
  readonly model: SequenceClassifier;
  readonly dataset: Dataset;
  readonly tokenizer: WordTokenizer;
}

async function loadRun(folder: string): Promise<Learned> {
  const { config, tokenizer } = await readRunConfig(folder);
  const bytes = await readFromRun(folder, "model.safetensors", "this is no folder that a training has written");
  const model = buildModel(config.model);
  withPath(`${folder}/model.safetensors`, () => model.loadStateDict(loadSafetensors(bytes)));
  return { model, tokenizer, dataset: await loadDataset(config.data, config.recipe) };
}

async function train({ files, epochs, seed }: Options): Promise<Learned> {
  const dataset = await loadDataset(files, recipe);
  const training = new Training(sizesFor(recipe, dataset), dataset, { ...recipe, epochs, seed });
  const never = new AbortController().signal;
  while (!training.finished) {
    const { epoch, loss, validAccuracy } = await training.epoch(never, () => {});
    console.log(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, validation ${percent(validAccuracy)} right`);
  }
  training.useBest();
  return { model: training.model, dataset, tokenizer: dataset.tokenizer };
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  const started = performance.now();
  const { model, dataset, tokenizer } = options.run === null ? await train(options) : await loadRun(options.run);
  console.log(`${runtime.variant.name}, threads ${runtime.threads.count}; ${seconds(started)}`);
  const textOf = (text: string, label = -1): Text => {
    const [words, ids] = [tokensOf(tokenizer, text, model.pooling), idsOf(tokenizer, text, model.pooling)];
    return { words: words.slice(0, recipe.maxLen), ids: ids.slice(0, recipe.maxLen), label };
  };
  const held = dataset.test ?? dataset.valid;
  const texts = held.texts.map(({ text }, i) => textOf(text, held.examples[i]!.label));
  const measuring = performance.now();
  console.log(`\n${report(measure(model, texts.slice(0, options.count)))}\n${seconds(measuring)}\n`);
  const shown = options.sentences.length > 0 ? options.sentences.map((text) => textOf(text)) : shortest(texts);
  const samples = shown.map((text) => sampleOf(model, text, dataset.classes.names));
  for (const sample of samples) {
    const beside = `the logit is ${Math.abs(sample.change).toFixed(2)} ${sample.change < 0 ? "below" : "above"} that of a text of nothing`;
    console.log(`${sample.tokens.join(" ")}\n  ${sample.explained}; ${beside}`);
    console.log(attributionText(sample, { columns: Math.min(process.stdout.columns ?? 80, 80) }));
  }
  const page = join(options.out, "explanation.html");
  await writeFile(page, attributionHtml(samples, { title: "Why it said so" }));
  console.log(`written: ${page}`);
}

const SHOWN = 3;
const LONGEST = 14; // words

/** A few that are not too long for a screen, as they come. */
const shortest = (texts: readonly Text[]): Text[] => texts.filter(({ words }) => words.length <= LONGEST).slice(0, SHOWN);

function sampleOf(model: SequenceClassifier, { words, ids, label }: Text, names: readonly string[]) {
  const [made] = explain(model, [ids]);
  const { probabilities, predicted, scores, change } = made!;
  return {
    tokens: words,
    ...{ scores, change },
    explained: `${names[predicted]} (${percent(probabilities[predicted]!)})`,
    label: names[label],
    probabilities: probabilities.map((probability, i) => ({ name: names[i]!, probability })),
  };
}

/** A table with a line for each way to choose a word. */
function report({ texts, fall, decides, incomplete }: Faithfulness): string {
  const choices = [...METHODS, "any word"] as const;
  const head = `word with the highest score by      its removal costs the answer${decides ? "   it is one that decides" : ""}`;
  const lines = choices.map((name) => {
    const share = decides ? percent(decides[name]).padStart(25) : "";
    return `${name.padEnd(35)} ${percent(fall[name]).padStart(28)}${share}`;
  });
  return [
    `${texts} held-out texts that it gets right`,
    head,
    ...lines,
    `integrated gradients sum to the change of the logit to within ${(100 * incomplete).toFixed(2)} % of the largest change`,
  ].join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;

await runMain(main, (error) => error instanceof UsageError);
