/**
 * Pictures of digits: a `VisionTransformer` over patches of 4 × 4 pixels, two pixels from one to the next. README.md shows what it prints; `--help` lists the options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import {
  AdamW,
  crossEntropy,
  evaluate,
  FoveaError,
  fit,
  htmlReport,
  type InitOptions,
  init,
  manualSeed,
  mean,
  noGrad,
  Rng,
  runtime,
  saveSafetensorsFile,
  scope,
  sinusoidal2d,
  type Tensor,
  tensor,
  VisionTransformer,
  warmupCosine,
} from "fovea";
import { csvRows, DataLoader, normalizePicture, type Picture, picture, randomShift, readText, stackPictures } from "fovea/data";
import { expectWith, numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { attentionPage } from "./attentionPage.ts";
import { type Digit, INK, makeDigits } from "./makeDigits.ts";

const HELP = `Tells which digit a picture shows.

  npm run example -- images                        a small set that the example makes
    --train FILE    CSV with a header: label, then 64 pixels of an 8 × 8 picture, row by row, from 0 (paper) to 16 (ink)
    --valid FILE    the same; left out: a fifth of --train
    --test FILE     the same, scored once, at the end
    --epochs N      default 100, of the small set 30
    --threads N     default all
    --seed N        default 1
    --out FOLDER    for the model, its curves and a map of what it attended to; default runs/images`;

const SIZES = {
  imageSize: 8,
  patchSize: 4,
  patchStride: 2,
  numChannels: 1,
  numClasses: 10,
  dModel: 64,
  numHeads: 4,
  numLayers: 3,
};
const BATCH = 25;
const LEARNING_RATE = 2e-3;
const [MEAN, STD] = [0.3, 0.38]; // of all pixels of the UCI digits

interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

interface Data {
  readonly train: readonly Digit[];
  readonly valid: readonly Digit[];
  readonly test: readonly Digit[] | null;
}

interface Options {
  readonly files: { train?: string | undefined; valid?: string | undefined; test?: string | undefined };
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
    options: { ...files, epochs: text, threads: text, seed: text, out: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return null;
  expectWith("images", values, "train", ["valid", "test"]);
  const { whole, engine } = numbersOf("images", values);
  return {
    files: { train: values.train, valid: values.valid, test: values.test },
    epochs: whole("epochs", values.train === undefined ? 30 : 100),
    engine: engine(),
    seed: whole("seed", 1, 0),
    out: values.out ?? "runs/images",
  };
}

async function readData({ train, valid, test }: Options["files"]): Promise<Data> {
  if (train === undefined) {
    const rng = new Rng(1);
    return { train: makeDigits(600, rng), valid: makeDigits(200, rng), test: makeDigits(200, rng) };
  }
  const all = await readDigits(train);
  const tested = test === undefined ? null : await readDigits(test);
  if (valid !== undefined) return { train: all, valid: await readDigits(valid), test: tested };
  if (all.length === 1) throw new FoveaError("DATA", `${train}: one picture alone cannot be trained on and validated by`);
  return { train: all.filter((_, i) => i % 5 > 0), valid: all.filter((_, i) => i % 5 === 0), test: tested };
}

async function readDigits(path: string): Promise<Digit[]> {
  const name = basename(path);
  const digits: Digit[] = [];
  let header = true;
  for await (const { line, fields } of csvRows(readText(path), { name })) {
    const [label, ...pixels] = fields.map(Number);
    const fits =
      pixels.length === 64 && [label!, ...pixels].every((value) => Number.isInteger(value) && value >= 0 && value <= INK);
    if (header && fits) throw new FoveaError("DATA", `${name}:1: must be a header, got a picture, which would be left out`);
    if (!header && !(fits && label! < 10))
      throw new FoveaError("DATA", `${name}:${line}: must be a label from 0 to 9 and 64 pixels from 0 to 16`);
    if (!header) digits.push({ label: label!, pixels });
    header = false;
  }
  if (digits.length === 0) throw new FoveaError("DATA", `${name}: there are no pictures in this file`);
  return digits;
}

const pictureOf = ({ pixels }: Digit): Picture => normalizePicture(picture(pixels, [1, 8, 8], { most: INK }), [MEAN], [STD]);

/** With `rng`, three of four pictures are moved by up to a pixel: a digit is the same wherever it stands. */
function toBatch(digits: readonly Digit[], rng: Rng | null): Batch {
  const pictures = digits
    .map(pictureOf)
    .map((image) => (rng && rng.below(4) > 0 ? randomShift(image, 1, rng, -MEAN / STD) : image));
  return { images: stackPictures(pictures), labels: tensor(Int32Array.from(digits, ({ label }) => label)) };
}

function objective(model: VisionTransformer, { images, labels }: Batch) {
  const logits = model.forward(images);
  const loss = crossEntropy(logits, labels, { labelSmoothing: model.training ? 0.1 : 0 });
  return { loss, weight: labels.length, logits, labels };
}

const validation = (digits: readonly Digit[]) =>
  new DataLoader(digits, { batchSize: 200, collate: (items: readonly Digit[]) => toBatch(items, null) });

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const data = await readData(options.files);
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  manualSeed(options.seed);
  const positional = sinusoidal2d({ height: 4, width: 4 });
  const model = new VisionTransformer({ ...SIZES, dimFeedforward: 128, dropout: 0.1, positional, pooling: "mean" });
  const count = model.parameters().reduce((sum, { length }) => sum + length, 0);
  console.log(`data      ${data.train.length} + ${data.valid.length} + ${data.test?.length ?? 0} pictures to train, validate and test
model     ${SIZES.numLayers} layers, ${SIZES.numHeads} heads, width ${SIZES.dModel}: ${count.toLocaleString("en")} parameters`);
  const started = performance.now();
  const { epochs } = await fit(
    model,
    new DataLoader(data.train, {
      batchSize: BATCH,
      seed: options.seed,
      byLength: false,
      collate: (items, { rng }) => toBatch(items, rng),
    }),
    {
      objective,
      optimizer: new AdamW(model.parameters(), { lr: LEARNING_RATE, weightDecay: 0.1 }),
      schedule: warmupCosine({ warmupSteps: 50 }),
      epochs: options.epochs,
      clipGradNorm: 1,
      seed: options.seed,
      valid: validation(data.valid),
      callbacks: [htmlReport(join(options.out, "curves.html"), { title: "Digits" })],
      onEpoch: ({ epoch, loss, valid }) =>
        console.log(`epoch ${epoch} of ${options.epochs}: loss ${loss.toFixed(3)}, validation ${percent(valid!.accuracy)} right`),
    },
  );
  const { variant, threads } = runtime;
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0)} s; ${variant.name}, threads ${threads.count} (${threads.reason})`,
  );
  if (data.test) {
    const { accuracy } = await evaluate(model, validation(data.test), { objective });
    console.log(`test: ${percent(accuracy)} right`);
  }
  await saveSafetensorsFile(join(options.out, "model.safetensors"), model.stateDict());
  await writeFile(join(options.out, "metrics.jsonl"), epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(""));
  await writeFile(
    join(options.out, "attention.html"),
    attentionPage(data.valid.slice(0, 10).map((digit) => attended(model, digit))),
  );
  console.log(`saved in ${options.out}: model.safetensors, metrics.jsonl, curves.html, attention.html`);
}

/** How much each patch was attended to in the last layer: the mean over the heads and over all that looked. */
function attended(model: VisionTransformer, digit: Digit): { digit: Digit; said: number; weights: number[] } {
  return scope(() =>
    noGrad(() => {
      const { logits, weights } = model.eval().forward(toBatch([digit], null).images, { needWeights: true });
      const scores = [...logits.view()];
      return {
        digit,
        said: scores.indexOf(Math.max(...scores)),
        weights: [...mean(weights.at(-1)!, { axis: [0, 1, 2] }).view()],
      };
    }),
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

await runMain(main);
