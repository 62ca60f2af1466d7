/**
 * What sentences without labels are good for: an encoder that has learned to tell hidden words goes on to classify, beside the same one from scratch.
 * README.md shows what it prints; `--help` lists the options.
 */
import { parseArgs } from "node:util";
import {
  AdamW,
  crossEntropy,
  evaluate,
  FoveaError,
  fit,
  type InitOptions,
  init,
  learned,
  MaskedLanguageModel,
  manualSeed,
  Rng,
  runtime,
  SequenceClassifier,
  warmupCosine,
} from "fovea";
import { Classes, DataLoader, type Example, type MaskedIds, maskTokens, readTextExamples, WordTokenizer } from "fovea/data";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makeJudged, makeSentences } from "./makeSentences.ts";

const HELP = `Learns to tell hidden words from sentences without labels, then to classify from a few with labels; and the same without the first step.

  npm run example -- pretraining                   sentences of a made language: has a noun the wrong article?
    --train FILE    TSV, CSV or JSONL with a text and a label; all its texts are pretrained on, --labels of them with their label trained on
    --valid FILE    the same; scored at the end
    --labels N      default 500
    --pretrain N    epochs of the first step; default 10, of files 40
    --epochs N      epochs of the second; default 20
    --dropout P     of the embeddings in the second; default 0.1, of files 0.5
    --runs N        how many trainings of either kind to take the mean of; default 3
    --threads N     default all
    --seed N        of the first run; default 1`;

const SIZES = { dModel: 64, numHeads: 4, numLayers: 2, dimFeedforward: 128, activation: "gelu", normFirst: true } as const;
const MAX_LEN = 128; // words that are read; there is a position for each

interface Options {
  readonly files: { readonly train: string; readonly valid: string } | null;
  readonly labels: number;
  readonly pretrain: number;
  readonly epochs: number;
  readonly dropout: number;
  readonly runs: number;
  readonly engine: InitOptions;
  readonly seed: number;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const numbers = { labels: text, dropout: text, pretrain: text, epochs: text, runs: text, threads: text, seed: text };
  const { values } = parseArgs({
    options: { train: text, valid: text, ...numbers, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return null;
  const { train, valid } = values;
  if ((train === undefined) !== (valid === undefined))
    throw new FoveaError("RANGE", "pretraining: --train and --valid must be given together");
  const { whole, number, engine } = numbersOf("pretraining", values);
  return {
    files: train === undefined || valid === undefined ? null : { train, valid },
    labels: whole("labels", 500),
    pretrain: whole("pretrain", train === undefined ? 10 : 40),
    epochs: whole("epochs", 20),
    dropout: number("dropout", train === undefined ? 0.1 : 0.5, 0, 1),
    runs: whole("runs", 3),
    engine: engine(),
    seed: whole("seed", 1, 0),
  };
}

interface Data {
  readonly tokenizer: WordTokenizer;
  readonly numClasses: number;
  /** Without labels, as ids. */
  readonly sentences: readonly { readonly ids: readonly number[] }[];
  /** The labels of some of them are trained on. */
  readonly train: readonly Example[];
  readonly test: readonly Example[];
}

async function readData(files: Options["files"]): Promise<Data> {
  const train = files ? await readTextExamples(files.train) : makeJudged(2000, new Rng(1));
  const test = files ? await readTextExamples(files.valid) : makeJudged(1000, new Rng(2));
  const texts = (files ? train : makeSentences(6000, new Rng(3))).map(({ text }) => text);
  const tokenizer = WordTokenizer.train(texts, { minCount: 2, specials: ["<mask>"] });
  const classes = Classes.of(train.map(({ label }) => label));
  const encode = (text: string): number[] => tokenizer.encode(text, { splitSpecialTokens: true }).slice(0, MAX_LEN);
  const encoded = (examples: typeof train): Example[] =>
    examples.map(({ text, label }) => ({ ids: encode(text), label: classes.indexOf(label, text) }));
  const sentences = texts.map((text) => ({ ids: encode(text) }));
  return { tokenizer, numClasses: classes.size, sentences, train: encoded(train), test: encoded(test) };
}

const sizes = ({ tokenizer }: Data) =>
  ({
    ...SIZES,
    vocabSize: tokenizer.size,
    paddingIdx: tokenizer.paddingId,
    positional: learned(MAX_LEN),
    embeddingNorm: true,
  }) as const;

/** Tells words that were hidden in all sentences, other ones in every epoch. */
async function pretrained(data: Data, { pretrain, seed }: Options): Promise<MaskedLanguageModel> {
  manualSeed(seed);
  const { tokenizer, sentences } = data;
  const maskId = tokenizer.encode("<mask>")[0]!;
  const model = new MaskedLanguageModel({ ...sizes(data), dropout: 0, embeddingStd: 0.1 });
  const specials = [tokenizer.paddingId, tokenizer.unknownId];
  const collate = (items: Data["sentences"], { rng }: { rng: Rng }) =>
    maskTokens(
      items.map(({ ids }) => ids),
      { maskId, specials, vocabSize: tokenizer.size, rng },
    );
  await fit(model, new DataLoader(sentences, { batchSize: 32, seed, collate }), {
    objective(_, { ids, lengths, positions, labels }: MaskedIds) {
      const logits = model.forward(ids, { lengths, positions });
      return { loss: crossEntropy(logits, labels), weight: labels.length, logits, labels };
    },
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    epochs: pretrain,
    clipGradNorm: 1,
    seed,
    onEpoch({ epoch, loss, accuracy }) {
      if (epoch % 10 === 0 || epoch === pretrain)
        console.log(
          `epoch ${epoch} of ${pretrain}: hidden words told ${percent(accuracy)} right, perplexity ${Math.exp(loss).toFixed(1)}`,
        );
    },
  });
  return model;
}

/** The accuracy on sentences it has not seen of a classifier that begins with `from`, or from scratch. */
async function tuned(from: MaskedLanguageModel | null, data: Data, options: Options, seed: number): Promise<number> {
  manualSeed(seed);
  const { numClasses, train, test } = data;
  const model = new SequenceClassifier({
    ...sizes(data),
    numClasses,
    dropout: 0,
    embeddingDropout: options.dropout,
    embeddingStd: 0.1,
  });
  // Embeddings and encoder have one name in both; the classifier is missing there, the head that told words is not wanted here.
  if (from) model.loadStateDict(from.stateDict(), { strict: false });
  const labelled = new Rng(seed).shuffle([...train]).slice(0, options.labels);
  await fit(model, labelled, {
    optimizer: new AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    epochs: options.epochs,
    batchSize: 32,
    clipGradNorm: 1,
    seed,
  });
  const { accuracy } = await evaluate(model, test);
  model.dispose();
  return accuracy;
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files);
  await init(options.engine);
  console.log(
    `data      ${data.sentences.length} sentences without labels, ${Math.min(options.labels, data.train.length)} with; ${data.test.length} to test; ${data.tokenizer.size} words`,
  );
  const started = performance.now();
  const model = await pretrained(data, options);
  const [scratch, after]: [number[], number[]] = [[], []];
  for (let run = 0; run < options.runs; run += 1) {
    scratch.push(await tuned(null, data, options, options.seed + run));
    after.push(await tuned(model, data, options, options.seed + run));
    console.log(`run ${run + 1}: from scratch ${percent(scratch[run]!)} right, pretrained ${percent(after[run]!)} right`);
  }
  console.log(`from scratch: ${percent(mean(scratch))} right\npretrained: ${percent(mean(after))} right`);
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0)} s; ${runtime.variant.name}, threads ${runtime.threads.count}`,
  );
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
