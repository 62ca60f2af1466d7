/**
 * A classifier trained against an adversary that moves its embeddings: plainly, by FGM and by PGD, each then attacked. README.md shows what it
 * prints; `--help` lists the options.
 */
import { parseArgs } from "node:util";
import {
  AdamW,
  adversarial,
  classification,
  crossEntropy,
  evaluate,
  FoveaError,
  fgm,
  fit,
  type InitOptions,
  init,
  manualSeed,
  type Objective,
  pgd,
  runtime,
  SequenceClassifier,
  underAttack,
  warmupCosine,
} from "fovea";
import {
  type Batch,
  Classes,
  collate,
  DataLoader,
  type Example,
  holdOut,
  readTextExamples,
  type TextExample,
  WordTokenizer,
} from "fovea/data";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makeReviews } from "../sentiment/makeReviews.ts";

const HELP = `Trains a classifier plainly, by FGM and by PGD, and attacks each.

  npm run example -- adversarial                   reviews that the example makes
    --train FILE    TSV, CSV or JSONL with a text and a label column
    --valid FILE    the same, what is attacked; left out: a tenth of --train
    --epsilon X     how far an adversary moves a text's embeddings, each of which is 8 long; default 2
    --steps N       of the adversary that tests, default 10; the one that PGD trains with takes 3
    --only NAMES    some of plain,fgm,pgd
    --epochs N      default 16
    --threads N     default all
    --seed N        default 1`;

const WIDTH = 64;
const SIZES = { dModel: WIDTH, numHeads: 4, numLayers: 2, dimFeedforward: 2 * WIDTH, paddingIdx: 0 };
const TRAINING_STEPS = 3;
const [FREE, FULL] = [0.25, 0.75];
const TRAININGS = ["plain", "fgm", "pgd"] as const;
type TrainingName = (typeof TRAININGS)[number];

interface Options {
  readonly files: { readonly train: string | undefined; readonly valid: string | undefined };
  readonly epsilon: number;
  readonly steps: number;
  readonly only: readonly TrainingName[];
  readonly epochs: number;
  readonly engine: InitOptions;
  readonly seed: number;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ train: text, valid: text, epsilon: text, steps: text, only: text, epochs: text, threads: text, seed: text },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const { train, valid } = values;
  expectWith("adversarial", values, "train", ["valid"]);
  const { whole, positive, engine } = numbersOf("adversarial", values);
  const only = values.only?.split(",") ?? TRAININGS;
  const unknown = only.find((name) => !TRAININGS.some((known) => known === name));
  if (unknown !== undefined)
    throw new FoveaError(
      "RANGE",
      `adversarial: --only must name some of ${TRAININGS.join(", ")}, got ${JSON.stringify(unknown)}`,
    );
  return {
    ...{ files: { train, valid }, only: only as readonly TrainingName[] },
    epsilon: positive("epsilon", 2),
    steps: whole("steps", 10),
    epochs: whole("epochs", 16),
    engine: engine(),
    seed: whole("seed", 1, 0),
  };
}

interface Data {
  readonly train: readonly Example[];
  readonly valid: readonly Example[];
  readonly vocabSize: number;
  readonly numClasses: number;
}

async function readData({ train, valid }: Options["files"]): Promise<Data> {
  const texts = await readTexts(train, valid);
  const classes = Classes.of(texts.train.map(({ label }) => label));
  const tokenizer = WordTokenizer.train(
    texts.train.map(({ text }) => text),
    { minCount: 2 },
  );
  const encoded = (examples: readonly TextExample[], file: string | undefined): Example[] =>
    examples.map(({ text, label, line }) => ({ ids: tokenizer.encode(text), label: classes.indexOf(label, `${file}:${line}`) }));
  return {
    train: encoded(texts.train, train),
    valid: encoded(texts.valid, valid ?? train),
    vocabSize: tokenizer.size,
    numClasses: classes.size,
  };
}

async function readTexts(train: string | undefined, valid: string | undefined) {
  if (train === undefined) {
    const made = makeReviews(1, { train: 2400, valid: 408, test: 24 });
    const texts = (reviews: typeof made.train): TextExample[] =>
      reviews.map(({ text, label }, i) => ({ text, label: String(label), line: i + 1 }));
    return { train: texts(made.train), valid: texts(made.valid) };
  }
  const all = await readTextExamples(train);
  return valid === undefined ? holdOut(all, { seed: 0 }) : { train: all, valid: await readTextExamples(valid) };
}

/** Every embedding with its position has the same length, so that no training can answer an attack by making them longer. */
function newModel({ vocabSize, numClasses }: Data, seed: number): SequenceClassifier {
  manualSeed(seed);
  const model = new SequenceClassifier({
    ...SIZES,
    vocabSize,
    numClasses,
    dropout: 0,
    embeddingDropout: 0.3,
    embeddingNorm: true,
  });
  return model.freeze(/^embedding_norm/);
}

const at = (model: SequenceClassifier) => model.embeddingNorm!;

/** Training under `reach`, from 0 to 1, of `epsilon`. */
function objectiveOf(name: TrainingName, epsilon: number, reach: () => number): Objective<SequenceClassifier, Batch> {
  const plain = classification((logits, labels) => crossEntropy(logits, labels, { labelSmoothing: 0.1 }));
  return (model, batch) => {
    const radius = epsilon * reach();
    if (name === "plain" || radius === 0) return plain(model, batch);
    const attack = name === "fgm" ? fgm({ epsilon: radius }) : pgd({ epsilon: radius, steps: TRAINING_STEPS });
    return adversarial(plain, { at, attack })(model, batch);
  };
}

/** An adversary that reaches all of ε from the first step on leaves nothing to learn: it comes to that between two parts of the training. */
const reachAfter = (done: number): number => Math.max(0, Math.min(1, (done - FREE) / (FULL - FREE)));

interface Score {
  readonly name: TrainingName;
  readonly clean: number;
  readonly one: number;
  readonly many: number;
  readonly seconds: number;
}

async function train(name: TrainingName, data: Data, { epsilon, steps, epochs, seed }: Options): Promise<Score> {
  const model = newModel(data, seed);
  const loaderOf = (examples: readonly Example[], shuffled: boolean) =>
    new DataLoader(examples, {
      batchSize: shuffled ? 32 : 128,
      ...(shuffled && { seed }),
      byLength: true,
      collate: (items: readonly Example[]) => collate(items, { maxLen: 64 }),
    });
  const started = performance.now();
  let done = 0; // the share of the training
  await fit(model, loaderOf(data.train, true), {
    objective: objectiveOf(name, epsilon, () => reachAfter(done)),
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    clipGradNorm: 1,
    epochs,
    seed,
    onProgress: ({ step, steps }) => {
      done = step / steps;
    },
    onEpoch: ({ epoch, loss, accuracy }) => {
      const say = `${name}: epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, ${percent(accuracy)} of the training set right`;
      if (epoch % 4 === 0 || epoch === epochs) console.log(say);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const accuracy = async (objective: Objective<SequenceClassifier, Batch>): Promise<number> =>
    (await evaluate(model, loaderOf(data.valid, false), { objective })).accuracy;
  const attacked = (attack: ReturnType<typeof pgd>) => accuracy(underAttack(classification(), { at, attack }));
  const score = {
    ...{ name, seconds, clean: await accuracy(classification()) },
    one: await attacked(fgm({ epsilon })),
    many: await attacked(pgd({ epsilon, steps })),
  };
  model.dispose();
  return score;
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files);
  await init(options.engine);
  console.log(`${data.train.length} + ${data.valid.length} texts to train and to attack, ${data.vocabSize} words
${runtime.variant.name}, threads ${runtime.threads.count}`);
  const scores: Score[] = [];
  for (const name of options.only) scores.push(await train(name, data, options));
  console.log(`\n${table(scores, options)}`);
}

function table(scores: readonly Score[], { epsilon, steps }: Options): string {
  const head = ["training", "no attack", `FGM, ε ${epsilon}`, `PGD, ${steps} steps`, "seconds"];
  const rows = scores.map(({ name, clean, one, many, seconds }) => [
    name === "plain" ? name : name.toUpperCase(),
    ...[clean, one, many].map(percent),
    seconds.toFixed(0),
  ]);
  return [head, ...rows].map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(15))).join("")).join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
