/**
 * Whether a sentence follows from another: read one after the other by one encoder, or side by side with attention between the two. README.md shows
 * what each scores; `--help` lists the options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import {
  AdamW,
  type Callback,
  crossEntropy,
  evaluate,
  FoveaError,
  fit,
  htmlReport,
  type InitOptions,
  init,
  type Module,
  manualSeed,
  PairClassifier,
  Rng,
  runtime,
  SequenceClassifier,
  saveSafetensorsFile,
  type Tensor,
  tensor,
  warmupCosine,
} from "fovea";
import { Classes, DataLoader, padIds, padPairs, readText, tsvRows, WordTokenizer } from "fovea/data";
import { type AttentionMap, attentionMap } from "fovea/explain";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makePairs, type Pair } from "./makePairs.ts";

const HELP = `Tells whether a sentence follows from another, is denied by it, or neither.

  npm run example -- inference                     a small set that the example makes
    --train FILE    tab-separated, with a header: sentence_A, sentence_B, entailment_judgment, in any order among others
    --valid FILE    the same; left out: a tenth of --train
    --test FILE     the same, scored once, at the end
    --model NAME    pair: one encoder over both, told apart by segments; cross, the default: attention from each to the other
    --epochs N      default 12
    --threads N     default all
    --seed N        default 1
    --out FOLDER    for the model, its vocabulary, curves and attention; default runs/inference`;

const BATCH = 32;
const SIZES = { dModel: 64, numHeads: 4, dimFeedforward: 128, dropout: 0.1, embeddingDropout: 0.2, normFirst: true };

/** A model of pairs, whichever it is. */
interface Judge {
  readonly model: Module;
  judge(pairs: readonly Encoded[]): Tensor;
  /** Which word looked at which; `name` tells a token's. */
  attention(pair: Encoded, name: (id: number) => string): AttentionMap;
}

interface Encoded {
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly label: number;
}

interface Batch {
  readonly pairs: readonly Encoded[];
  readonly labels: Tensor;
}

function pairEncoder(vocabSize: number, numClasses: number, [begin, end]: readonly [number, number]): Judge {
  const model = new SequenceClassifier({
    ...SIZES,
    vocabSize,
    numClasses,
    numLayers: 2,
    numTokenTypes: 2,
    pooling: "cls",
    paddingIdx: 0,
  });
  const batchOf = (pairs: readonly Encoded[]) => {
    const { ids, ...call } = padPairs(
      pairs.map(({ first, second }) => [first, second]),
      { begin, separator: end },
    );
    return [ids, call] as const;
  };
  return {
    model,
    judge: (pairs) => model.forward(...batchOf(pairs)),
    attention(pair, name) {
      const [ids, call] = batchOf([pair]);
      const { weights } = model.forward(ids, { ...call, needWeights: true });
      const marks = new Map([
        [begin, "[begin]"],
        [end, "[end]"],
      ]);
      return attentionMap(
        [...ids.view()].map((id) => marks.get(id) ?? name(id)),
        weights,
      );
    },
  };
}

function crossEncoder(vocabSize: number, numClasses: number): Judge {
  const model = new PairClassifier({ ...SIZES, vocabSize, numClasses, numLayers: 1, paddingIdx: 0 });
  const batchOf = (pairs: readonly Encoded[]) => {
    const [a, b] = [padIds(pairs.map(({ first }) => first)), padIds(pairs.map(({ second }) => second))];
    return [a.ids, b.ids, { firstLengths: a.lengths, secondLengths: b.lengths }] as const;
  };
  return {
    model,
    judge: (pairs) => model.forward(...batchOf(pairs)),
    attention(pair, name) {
      const [first, second, call] = batchOf([pair]);
      const { firstWeights } = model.forward(first, second, { ...call, needWeights: true });
      return attentionMap(pair.first.map(name), [firstWeights], 0, { keys: pair.second.map(name) });
    },
  };
}

interface Options {
  readonly files: { train?: string | undefined; valid?: string | undefined; test?: string | undefined };
  readonly kind: "pair" | "cross";
  readonly epochs: number;
  readonly engine: InitOptions;
  readonly seed: number;
  readonly out: string;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const files = { train: text, valid: text, test: text };
  const { values } = parseArgs({
    options: { ...files, model: text, epochs: text, threads: text, seed: text, out: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return null;
  const kind = values.model ?? "cross";
  if (kind !== "pair" && kind !== "cross")
    throw new FoveaError("RANGE", `inference: --model must be pair or cross, got ${JSON.stringify(kind)}`);
  expectWith("inference", values, "train", ["valid", "test"]);
  const { whole, engine } = numbersOf("inference", values);
  return {
    files: { train: values.train, valid: values.valid, test: values.test },
    kind,
    epochs: whole("epochs", 12),
    engine: engine(),
    seed: whole("seed", 1, 0),
    out: values.out ?? "runs/inference",
  };
}

interface Data {
  readonly train: readonly Pair[];
  readonly valid: readonly Pair[];
  readonly test: readonly Pair[] | null;
}

async function readData({ train, valid, test }: Options["files"]): Promise<Data> {
  if (train === undefined) {
    const rng = new Rng(1);
    return { train: makePairs(1500, rng), valid: makePairs(300, rng), test: makePairs(300, rng) };
  }
  const all = await readPairs(train);
  const tested = test === undefined ? null : await readPairs(test);
  if (valid !== undefined) return { train: all, valid: await readPairs(valid), test: tested };
  return { train: all.filter((_, i) => i % 10 > 0), valid: all.filter((_, i) => i % 10 === 0), test: tested };
}

async function readPairs(path: string): Promise<Pair[]> {
  const name = basename(path);
  const pairs: Pair[] = [];
  let columns: readonly number[] | null = null;
  for await (const { line, fields } of tsvRows(readText(path))) {
    if (columns === null) {
      columns = ["sentence_A", "sentence_B", "entailment_judgment"].map((column) => fields.indexOf(column));
      if (columns.includes(-1))
        throw new FoveaError(
          "DATA",
          `${name}:${line}: the header must name sentence_A, sentence_B and entailment_judgment, got ${fields.join(", ")}`,
        );
      continue;
    }
    const [first, second, label] = columns.map((column) => fields[column]?.trim());
    if (!first || !second || !label) throw new FoveaError("DATA", `${name}:${line}: two sentences and a label are needed`);
    pairs.push({ first, second, label, at: `${name}:${line}` });
  }
  if (pairs.length === 0) throw new FoveaError("DATA", `${name}: there are no pairs in this file`);
  return pairs;
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files);
  const classes = Classes.of(data.train.map(({ label }) => label));
  const texts = [...data.train.flatMap(({ first, second }) => [first, second])];
  const tokenizer = WordTokenizer.train(texts);
  const encode = (text: string) => tokenizer.encode(text);
  const encoded = (pairs: readonly Pair[]): Encoded[] =>
    pairs.map(({ first, second, label, at }) => ({
      first: encode(first),
      second: encode(second),
      label: classes.indexOf(label, at ?? "a pair"),
    }));
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  manualSeed(options.seed);
  const marks = [tokenizer.size, tokenizer.size + 1] as const;
  const judge =
    options.kind === "pair" ? pairEncoder(tokenizer.size + 2, classes.size, marks) : crossEncoder(tokenizer.size, classes.size);
  const count = judge.model.parameters().reduce((sum, { length }) => sum + length, 0);
  console.log(`data      ${data.train.length} + ${data.valid.length} + ${data.test?.length ?? 0} pairs to train, validate and test
model     ${options.kind}, ${tokenizer.size} words: ${count.toLocaleString("en")} parameters`);
  const report = htmlReport(join(options.out, "report.html"), {
    title: "Does it follow?",
    samples: () => encoded(data.valid.slice(0, 3)).map((pair) => judge.attention(pair, (id) => tokenizer.decode([id]))),
  });
  const curves = await train(judge, [encoded(data.train), encoded(data.valid)], report, options);
  const { variant, threads } = runtime;
  console.log(`${variant.name}, threads ${threads.count} (${threads.reason})`);
  if (data.test) {
    const { accuracy } = await evaluate(judge.model, loaderOf(encoded(data.test)), { objective: objectiveOf(judge) });
    console.log(`test: ${percent(accuracy)} right`);
  }
  await saveSafetensorsFile(join(options.out, "model.safetensors"), judge.model.stateDict());
  await writeFile(join(options.out, "tokenizer.json"), JSON.stringify(tokenizer.toJSON()));
  await writeFile(join(options.out, "metrics.jsonl"), curves.map((epoch) => `${JSON.stringify(epoch)}\n`).join(""));
  console.log(`saved in ${options.out}: model.safetensors, tokenizer.json, metrics.jsonl, report.html`);
}

async function train(
  judge: Judge,
  [train, valid]: readonly [readonly Encoded[], readonly Encoded[]],
  report: Callback,
  { epochs, seed }: Options,
) {
  const started = performance.now();
  const result = await fit(judge.model, loaderOf(train, seed), {
    objective: objectiveOf(judge),
    optimizer: new AdamW(judge.model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupSteps: 200 }),
    epochs,
    clipGradNorm: 1,
    seed,
    valid: loaderOf(valid),
    callbacks: [report],
    onEpoch: ({ epoch, loss, accuracy, valid }) =>
      console.log(
        `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, ${percent(accuracy)} right; validation ${percent(valid!.accuracy)} right`,
      ),
  });
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  return result.epochs;
}

function loaderOf(pairs: readonly Encoded[], seed?: number): DataLoader<Encoded, Batch> {
  return new DataLoader(pairs, {
    batchSize: seed === undefined ? 100 : BATCH,
    seed,
    lengthOf: ({ first, second }) => first.length + second.length,
    collate: (items) => ({ pairs: items, labels: tensor(Int32Array.from(items, ({ label }) => label)) }),
  });
}

const objectiveOf =
  ({ model, judge }: Judge) =>
  (_: Module, { pairs, labels }: Batch) => {
    const logits = judge(pairs);
    const loss = crossEntropy(logits, labels, { labelSmoothing: model.training ? 0.1 : 0 });
    return { loss, weight: labels.length, logits, labels };
  };

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

await runMain(main);
