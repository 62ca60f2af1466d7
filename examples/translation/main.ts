/**
 * Translation: a Transformer, or the recurrent network with attention that came before it, learns to translate from pairs of sentences. README.md shows what it
 * prints; `--help` lists the options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  AdamW,
  bleu,
  crossEntropy,
  type EpochSummary,
  FoveaError,
  fit,
  type InitOptions,
  init,
  manualSeed,
  Rng,
  runtime,
  Seq2Seq,
  saveSafetensorsFile,
  warmupCosine,
} from "fovea";
import type { Tokenizer } from "fovea/data";
import { trainingHtml } from "fovea/explain";
import { RecurrentSeq2Seq } from "fovea/models";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makePairs, type Pair } from "./makePairs.ts";
import { IGNORED, PAD, type PairBatch, pairLoader, readPairs, trainTokenizer } from "./pairs.ts";
import { crossAttention, type Translator, translate } from "./translate.ts";

const HELP = `Translates.

  npm run example -- translation            a small language that the example makes
    --train PREFIX   PREFIX.en and PREFIX.de, a sentence a line
    --valid PREFIX   the same, translated after each few epochs
    --test PREFIX    the same, translated once, at the end, with --beams
    --from EN        the end of the source's name, default en
    --to DE          the end of the target's name, default de
    --model NAME     transformer (default) or recurrent
    --beams N        at the end, default 5
    --epochs N       default 16; 8 for the recurrent one and for the small language
    --every N        epochs between translations of --valid, default 4
    --vocab N        pieces of words, default 5000
    --width N        of the model, default 128; 64 for the small language
    --threads N      default all
    --seed N         default 1
    --out FOLDER     for the model, its tokenizer, translations, curves and attention; default runs/translation`;

const MAX_TOKENS = 1200; // of a batch, on either side
const LEARNING_RATE = 2e-3;
const EPOCHS = { transformer: 16, recurrent: 8 };
const SMALL = { pairs: 3000, held: 200, vocab: 320, tokens: 600, epochs: 8, width: 64 };

interface Options {
  readonly files: Record<"train" | "valid" | "test", string | undefined>;
  readonly languages: readonly [string, string];
  readonly recurrent: boolean;
  readonly numBeams: number;
  readonly epochs: number;
  readonly every: number;
  readonly vocab: number;
  readonly width: number;
  readonly maxTokens: number;
  readonly engine: InitOptions;
  readonly seed: number;
  readonly out: string;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ train: text, valid: text, test: text, from: text, to: text, model: text, beams: text, epochs: text },
      ...{
        every: text,
        vocab: text,
        width: text,
        threads: text,
        seed: text,
        out: text,
        help: { type: "boolean", short: "h" } as const,
      },
    },
  });
  if (values.help) return null;
  const { train, valid, test, from = "en", to = "de", model = "transformer", out = "runs/translation" } = values;
  if (model !== "transformer" && model !== "recurrent")
    throw new FoveaError("RANGE", `translation: --model must be transformer or recurrent, got ${JSON.stringify(model)}`);
  if (train !== undefined && valid === undefined)
    throw new FoveaError("RANGE", "translation: --train needs --valid, a prefix of two files as well");
  expectWith("translation", values, "train", ["valid", "test", "from", "to"]);
  const { whole, engine } = numbersOf("translation", values);
  const [small, recurrent] = [train === undefined, model === "recurrent"];
  return {
    files: { train, valid, test },
    languages: [from, to],
    recurrent,
    numBeams: whole("beams", 5),
    epochs: whole("epochs", small ? SMALL.epochs : recurrent ? EPOCHS.recurrent : EPOCHS.transformer, 0),
    every: whole("every", 4),
    vocab: whole("vocab", small ? SMALL.vocab : 5000),
    width: whole("width", small ? SMALL.width : 128),
    maxTokens: small ? SMALL.tokens : MAX_TOKENS,
    engine: engine(),
    seed: whole("seed", 1, 0),
    out,
  };
}

type Data = Record<"train" | "valid" | "test", readonly Pair[]>;

async function readData({ files, languages }: Options): Promise<Data> {
  const { train, valid, test } = files;
  if (train !== undefined)
    return {
      train: await readPairs(train, ...languages),
      valid: await readPairs(valid!, ...languages),
      test: test === undefined ? [] : await readPairs(test, ...languages),
    };
  const all = makePairs(SMALL.pairs + 2 * SMALL.held, new Rng(1));
  return {
    train: all.slice(2 * SMALL.held),
    valid: all.slice(0, SMALL.held),
    test: all.slice(SMALL.held, 2 * SMALL.held),
  };
}

function newModel(vocabSize: number, { recurrent, width }: Options): Translator {
  const shared = { vocabSize, dropout: 0.1, paddingIdx: PAD };
  if (recurrent) return new RecurrentSeq2Seq({ ...shared, embedDim: width, hiddenSize: 2 * width, dropout: 0.2 });
  const layers = { numEncoderLayers: 2, numDecoderLayers: 2, normFirst: true };
  return new Seq2Seq({ ...shared, ...layers, dModel: width, numHeads: 4, dimFeedforward: 4 * width });
}

function translationLoss(model: Translator, { source, given, wanted }: PairBatch) {
  const logits = model.forward(source.ids, given.ids, { srcLengths: source.lengths });
  const tokens = wanted.lengths.reduce((sum, length) => sum + length, 0);
  const loss = crossEntropy(logits, wanted.ids, { labelSmoothing: 0.1, ignoreIndex: IGNORED });
  return { loss, weight: tokens, tokens };
}

/** A line of `metrics.jsonl`. */
interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly validLoss: number;
  /** Of greedy translations; NaN between two translations of the validation set. */
  readonly bleu: number;
  readonly seconds: number;
}

async function train(model: Translator, tokenizer: Tokenizer, data: Data, options: Options): Promise<EpochRecord[]> {
  const { epochs, every, seed, maxTokens } = options;
  const records: EpochRecord[] = [];
  await fit(model, pairLoader(data.train, tokenizer, { maxTokens, seed }), {
    objective: translationLoss,
    optimizer: new AdamW(model.parameters(), { lr: LEARNING_RATE, betas: [0.9, 0.98], weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.06 }),
    clipGradNorm: 1,
    epochs,
    seed,
    valid: pairLoader(data.valid, tokenizer, { maxTokens }),
    async onEpoch({ epoch, loss, seconds, valid }: EpochSummary) {
      const translates = epoch % every === 0 || epoch === epochs;
      const bleu = translates ? await bleuOf(data.valid, await translate(model, tokenizer, sourcesOf(data.valid))) : Number.NaN;
      records.push({ epoch, loss, validLoss: valid?.loss ?? Number.NaN, bleu, seconds });
      const score = translates ? `; greedy BLEU ${bleu.toFixed(2)}` : "";
      console.log(
        `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, validation ${valid?.loss.toFixed(3)}${score} (${seconds.toFixed(0)} s)`,
      );
    },
  });
  return records;
}

const sourcesOf = (pairs: readonly Pair[]): string[] => pairs.map(({ source }) => source);

/** Of texts whose words stand apart already. */
const bleuOf = (pairs: readonly Pair[], translations: readonly string[]): number =>
  bleu(
    translations,
    pairs.map(({ target }) => [target]),
    { tokenize: "none" },
  ).score;

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options);
  const tokenizer = trainTokenizer(data.train, options.vocab);
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  manualSeed(options.seed);
  const model = newModel(tokenizer.size, options);
  const parameters = model.parameters().reduce((sum, { length }) => sum + length, 0);
  const facts = [
    `${data.train.length} + ${data.valid.length} + ${data.test.length} pairs to train, validate and test; ${tokenizer.size} pieces of words`,
    `${options.recurrent ? "recurrent" : "Transformer"}, ${parameters.toLocaleString("en")} parameters`,
    `${runtime.variant.name}, threads ${runtime.threads.count}`,
  ];
  console.log(facts.join("\n"));
  const started = performance.now();
  const records = await train(model, tokenizer, data, options);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(`trained in ${minutes} min; wasm memory at most ${(runtime.memory.peak / 2 ** 20).toFixed(0)} MiB`);
  const [name, last] = data.test.length > 0 ? (["test", data.test] as const) : (["validation", data.valid] as const);
  const translations = await translate(model, tokenizer, sourcesOf(last), options);
  console.log(`${name}: BLEU ${bleuOf(last, translations).toFixed(2)} with ${options.numBeams} beams`);
  for (const [i, { source }] of last.slice(0, 3).entries()) console.log(`  ${source}\n  → ${translations[i]}`);
  await save(model, tokenizer, { records, facts, translations, pairs: last }, options.out);
}

interface Outcome {
  readonly records: readonly EpochRecord[];
  readonly facts: readonly string[];
  readonly pairs: readonly Pair[];
  readonly translations: readonly string[];
}

async function save(model: Translator, tokenizer: Tokenizer, outcome: Outcome, out: string): Promise<void> {
  const { records, facts, pairs, translations } = outcome;
  const curve = (name: string, of: (record: EpochRecord) => number) => ({ name, values: records.map(of) });
  const charts = [
    { title: "loss", curves: [curve("training", ({ loss }) => loss), curve("validation", ({ validLoss }) => validLoss)] },
    { title: "greedy BLEU", curves: [curve("validation", ({ bleu }) => bleu)] },
  ];
  const shown = pairs.slice(0, 3).map(({ source }, i) => ({ source, target: translations[i]! }));
  const samples = shown.map((pair) => crossAttention(model, tokenizer, pair));
  await saveSafetensorsFile(join(out, "model.safetensors"), model.stateDict());
  await writeFile(join(out, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(out, "metrics.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  await writeFile(join(out, "translations.txt"), translations.map((text) => `${text}\n`).join(""));
  await writeFile(join(out, "report.html"), trainingHtml({ title: "Translation", facts, charts, samples }));
  console.log(`written: model.safetensors, tokenizer.json, metrics.jsonl, translations.txt, report.html in ${out}`);
}

await runMain(main);
