/**
 * Spoken digits: one recognizer, trained on strings of 1 to 6 digits, that is asked for single ones and for strings of 3 to 6, by CTC and by a decoder
 * with cross-attention. README.md shows what it prints; `--help` lists the options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  AdamW,
  cer,
  FoveaError,
  fit,
  type InitOptions,
  init,
  manualSeed,
  Rng,
  runtime,
  saveSafetensorsFile,
  warmupCosine,
} from "fovea";
import { DataLoader } from "fovea/data";
import type { SpeechRecognizer } from "fovea/models";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { makeDigits } from "./makeDigits.ts";
import { attended, newRecognizer, speechLoss, type Transcript, transcribe } from "./model.ts";
import { practice, readTakes, strings, type Take } from "./recordings.ts";
import { reportPage } from "./report.ts";
import { Ear, masked, toBatch, tokenizer, type Utterance } from "./utterances.ts";

const HELP = `Recognizes spoken digits.

  npm run example -- speech                        a small set that the example makes
    --train PATH    a folder of DIGIT_SPEAKER_TAKE.wav, or a .tsv, .csv or .jsonl of paths (text) and digits (label)
    --valid PATH    the same; left out: the first --held-out takes of each speaker and digit of --train
    --test PATH     the same, scored once, at the end
    --held-out N    default 5
    --epochs N      default 32, of the small set 60
    --width N       of the model, default 96
    --threads N     default all
    --seed N        default 1
    --out FOLDER    for the model, its tokenizer, curves and an attention map; default runs/speech`;

const STRINGS = 200;
const BATCH = 64; // digits
const LEARNING_RATE = 2e-3;

interface Scores {
  /** The share of single digits that were understood, by the decoder. */
  readonly digits: number;
  /** Digits that would have to be changed, put in or taken out, by 100 of those said: in strings. */
  readonly ctcErrors: number;
  readonly decoderErrors: number;
  /** By the decoder with CTC's say. */
  readonly bothErrors: number;
}

export interface EpochRecord extends Scores {
  readonly epoch: number;
  readonly loss: number;
  readonly seconds: number;
}

/** What the model is asked: each take by itself, and strings of them, the same every time. */
interface Exam {
  readonly singles: readonly Utterance[];
  readonly strings: readonly Utterance[];
}

function examOf(takes: readonly Take[], ear: Ear): Exam {
  const all = (list: readonly Take[]): Utterance[] => list.map((take) => ear.hear(take));
  return { singles: all(takes), strings: all(strings(takes, STRINGS, new Rng(0))) };
}

async function evaluate(model: SpeechRecognizer, exam: Exam): Promise<Scores> {
  const singles = await recognize(model, exam.singles);
  const joined = await recognize(model, exam.strings);
  const right = singles.filter(({ said, decoder }) => said === decoder).length;
  const said = joined.map(({ said }) => said);
  const errors = (by: "ctc" | "decoder" | "both"): number =>
    100 *
    cer(
      said,
      joined.map((heard) => heard[by]),
    ).rate;
  return {
    digits: right / singles.length,
    ctcErrors: errors("ctc"),
    decoderErrors: errors("decoder"),
    bothErrors: errors("both"),
  };
}

interface Recognized extends Transcript {
  readonly said: string;
}

async function recognize(model: SpeechRecognizer, utterances: readonly Utterance[]): Promise<Recognized[]> {
  const results: Recognized[] = [];
  model.eval();
  for await (const batch of new DataLoader(utterances, { batchSize: BATCH, collate: toBatch }))
    for (const heard of await transcribe(model, batch)) results.push({ said: utterances[results.length]!.digits, ...heard });
  return results;
}

interface Data {
  readonly train: readonly Take[];
  readonly valid: readonly Take[];
  readonly test: readonly Take[] | null;
}

async function readData(files: Options["files"], heldOut: number): Promise<Data> {
  if (files.train === undefined) {
    const rng = new Rng(1);
    return { train: makeDigits(16, 4, rng), valid: makeDigits(2, 0, rng), test: makeDigits(2, 2, rng) };
  }
  const all = await readTakes(files.train);
  const test = files.test === undefined ? null : await readTakes(files.test);
  if (files.valid !== undefined) return { train: all, valid: await readTakes(files.valid), test };
  const first = Math.min(...all.map(({ take }) => take));
  const isHeldOut = ({ take }: Take): boolean => take < first + heldOut;
  const data = { train: all.filter((take) => !isHeldOut(take)), valid: all.filter(isHeldOut), test };
  if (data.train.length === 0)
    throw new FoveaError("DATA", `${files.train}: all takes are among the first ${heldOut}, which are held out; see --held-out`);
  return data;
}

interface Options {
  readonly files: { train?: string | undefined; valid?: string | undefined; test?: string | undefined };
  readonly heldOut: number;
  readonly epochs: number;
  readonly width: number;
  readonly engine: InitOptions;
  readonly seed: number;
  readonly out: string;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{
        train: text,
        valid: text,
        test: text,
        "held-out": text,
        epochs: text,
        width: text,
        threads: text,
        seed: text,
        out: text,
      },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  expectWith("speech", values, "train", ["valid", "test", "held-out"]);
  const { whole, engine } = numbersOf("speech", values);
  return {
    files: { train: values.train, valid: values.valid, test: values.test },
    heldOut: whole("held-out", 5),
    epochs: whole("epochs", values.train === undefined ? 60 : 32, 0),
    width: whole("width", 96),
    engine: engine(),
    seed: whole("seed", 1, 0),
    out: values.out ?? "runs/speech",
  };
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files, options.heldOut);
  const ear = new Ear(data.train);
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  manualSeed(options.seed);
  const model = newRecognizer(options.width);
  const count = model.parameters().reduce((sum, { length }) => sum + length, 0);
  console.log(`data      ${data.train.length} + ${data.valid.length} + ${data.test?.length ?? 0} takes to train, validate and test
model     ${count.toLocaleString("en")} parameters`);
  const curves = await train(model, ear, data, options);
  const { variant, threads, memory } = runtime;
  console.log(
    `${variant.name}, threads ${threads.count} (${threads.reason}), wasm memory at most ${(memory.peak / 2 ** 20).toFixed(1)} MiB`,
  );
  if (data.test) console.log(`test: ${described(await evaluate(model, examOf(data.test, ear)))}`);
  await save(options.out, model, curves, ear.hear(strings(data.valid, 1, new Rng(2))[0]!));
}

async function train(model: SpeechRecognizer, ear: Ear, data: Data, { epochs, seed }: Options): Promise<EpochRecord[]> {
  const loader = new DataLoader(data.train, {
    batchSize: BATCH,
    seed,
    byLength: false,
    dropLast: data.train.length >= BATCH,
    collate: (takes, { rng }) => toBatch(practice(takes, rng).map((take) => masked(ear.hear(take), rng))),
  });
  const exam = examOf(data.valid, ear);
  const curves: EpochRecord[] = [];
  await fit(model, loader, {
    objective: speechLoss,
    optimizer: new AdamW(model.parameters(), { lr: LEARNING_RATE, weightDecay: 0.05 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    clipGradNorm: 1,
    epochs,
    seed,
    async onEpoch({ epoch, loss, seconds }) {
      const record = { epoch, loss, seconds, ...(await evaluate(model, exam)) };
      curves.push(record);
      const place = `epoch ${String(epoch).padStart(2)} of ${epochs}`;
      console.log(`${place}: loss ${loss.toFixed(3)}; ${described(record)} (${seconds.toFixed(1)} s)`);
    },
  });
  return curves;
}

function described({ digits, ctcErrors, decoderErrors, bothErrors }: Scores): string {
  const strings = [ctcErrors, decoderErrors, bothErrors].map((errors) => `${errors.toFixed(2)} %`);
  return `digits ${(100 * digits).toFixed(2)} % right; strings ${strings[0]} wrong by CTC, ${strings[1]} by the decoder, ${strings[2]} by both`;
}

async function save(out: string, model: SpeechRecognizer, curves: readonly EpochRecord[], example: Utterance): Promise<void> {
  model.eval();
  const page = reportPage(curves, example.digits, attended(model, toBatch([example])));
  await saveSafetensorsFile(join(out, "model.safetensors"), model.stateDict());
  await writeFile(join(out, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(out, "metrics.jsonl"), curves.map((record) => `${JSON.stringify(record)}\n`).join(""));
  await writeFile(join(out, "report.html"), page);
  console.log(`written: model.safetensors, tokenizer.json, metrics.jsonl, report.html in ${out}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(main);
