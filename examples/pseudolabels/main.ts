/**
 * Few texts with labels and many without: a model labels those that it is sure of, and another learns from both, again and again. README.md shows what it
 * prints; `--help` lists the options.
 */
import { parseArgs } from "node:util";
import {
  AdamW,
  evaluate,
  FoveaError,
  fit,
  type InitOptions,
  init,
  manualSeed,
  pseudoLabels,
  Rng,
  runtime,
  SequenceClassifier,
  warmupCosine,
} from "fovea";
import { Classes, type Example, readTextExamples, WordTokenizer } from "fovea/data";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makeTexts } from "./makeTexts.ts";

const HELP = `Learns from a few texts with labels and from what it then takes the others for.

  npm run example -- pseudolabels                  texts that the example makes
    --train FILE    TSV, CSV or JSONL with a text and a label; of all but --labels of them the label is not looked at
    --valid FILE    the same; scored at the end
    --labels N      default 60; of files 500
    --threshold P   how sure the model has to be, from 0 to 1; default 0.9
    --rounds N      of labelling and learning; default 3
    --steps N       of each; default 400
    --runs N        how many times all of it, with other labels; default 3
    --threads N     default all
    --seed N        of the first run; default 1`;

// Small embeddings, half of each dropped: with few texts, this keeps single words from deciding alone.
const EMBEDDINGS = { embeddingStd: 0.1, embeddingDropout: 0.5 };
const SIZES = { dModel: 64, numHeads: 4, numLayers: 1, dimFeedforward: 128, dropout: 0 };

interface Options {
  readonly files: { readonly train: string; readonly valid: string } | null;
  readonly labels: number;
  readonly threshold: number;
  readonly rounds: number;
  readonly steps: number;
  readonly runs: number;
  readonly engine: InitOptions;
  readonly seed: number;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const numbers = { labels: text, threshold: text, rounds: text, steps: text, runs: text, threads: text, seed: text };
  const { values } = parseArgs({
    options: { train: text, valid: text, ...numbers, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return null;
  const { train, valid } = values;
  if ((train === undefined) !== (valid === undefined))
    throw new FoveaError("RANGE", "pseudolabels: --train and --valid must be given together");
  const { whole, number, engine } = numbersOf("pseudolabels", values);
  return {
    files: train === undefined || valid === undefined ? null : { train, valid },
    labels: whole("labels", train === undefined ? 60 : 500),
    threshold: number("threshold", 0.9, 0, 1),
    rounds: whole("rounds", 3),
    steps: whole("steps", 400),
    runs: whole("runs", 3),
    engine: engine(),
    seed: whole("seed", 1, 0),
  };
}

interface Data {
  readonly vocabSize: number;
  readonly numClasses: number;
  readonly train: readonly Example[];
  readonly test: readonly Example[];
}

async function readData(files: Options["files"]): Promise<Data> {
  const train = files ? await readTextExamples(files.train) : makeTexts(3000, new Rng(1), 60);
  const test = files ? await readTextExamples(files.valid) : makeTexts(1000, new Rng(2), 60);
  const tokenizer = WordTokenizer.train(
    train.map(({ text }) => text),
    { minCount: 2 },
  );
  const classes = Classes.of(train.map(({ label }) => label));
  const encoded = (texts: typeof train): Example[] =>
    texts.map(({ text, label }) => ({
      ids: tokenizer.encode(text, { splitSpecialTokens: true }),
      label: classes.indexOf(label, text),
    }));
  return { vocabSize: tokenizer.size, numClasses: classes.size, train: encoded(train), test: encoded(test) };
}

/** A model that has learned from `labelled`, in as many steps whatever their number. */
async function trained(
  labelled: readonly Example[],
  { vocabSize, numClasses }: Data,
  steps: number,
  seed: number,
): Promise<SequenceClassifier> {
  manualSeed(seed);
  const model = new SequenceClassifier({ ...SIZES, ...EMBEDDINGS, vocabSize, numClasses, paddingIdx: 0 });
  await fit(model, labelled, {
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    steps,
    batchSize: 32,
    clipGradNorm: 1,
    seed,
  });
  return model;
}

/** The accuracy before any label was guessed, and after the last round. */
async function selfTraining(data: Data, options: Options, seed: number): Promise<readonly [before: number, after: number]> {
  const { labels, threshold, rounds, steps } = options;
  const all = new Rng(seed).shuffle([...data.train]);
  const [labelled, unlabelled] = [all.slice(0, labels), all.slice(labels)];
  let model = await trained(labelled, data, steps, seed);
  const before = (await evaluate(model, data.test)).accuracy;
  console.log(`seed ${seed}: ${labelled.length} labels alone: ${percent(before)} right`);
  let after = before;
  for (let round = 1; round <= rounds; round += 1) {
    const sure = await pseudoLabels(model, unlabelled, { threshold });
    const right = sure.filter(({ label, index }) => label === unlabelled[index]!.label).length;
    const rightly = sure.length === 0 ? "" : `, ${percent(right / sure.length)} of them rightly`;
    model.dispose();
    model = await trained([...labelled, ...sure], data, steps, seed);
    after = (await evaluate(model, data.test)).accuracy;
    console.log(`  round ${round}: sure of ${sure.length} texts${rightly}; then ${percent(after)} right`);
  }
  model.dispose();
  return [before, after];
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files);
  await init(options.engine);
  const labels = Math.min(options.labels, data.train.length);
  console.log(`data      ${labels} texts with labels, ${data.train.length - labels} without; ${data.test.length} to test`);
  const started = performance.now();
  const runs: (readonly [number, number])[] = [];
  for (let run = 0; run < options.runs; run += 1) runs.push(await selfTraining(data, options, options.seed + run));
  const mean = (of: 0 | 1): number => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
  console.log(`labels alone: ${percent(mean(0))} right\nwith pseudo-labels: ${percent(mean(1))} right`);
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0)} s; ${runtime.variant.name}, threads ${runtime.threads.count}`,
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
