/**
 * Two modalities through cross-attention: the words of a question look at the patches of a picture. README.md shows what it prints; `--help` lists the
 * options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  AdamW,
  Conv2d,
  crossEntropy,
  Embedding,
  evaluate,
  fit,
  init,
  Linear,
  Module,
  manualSeed,
  mean,
  meanPool,
  noGrad,
  Positional,
  Rng,
  runtime,
  scope,
  sinusoidal,
  sinusoidal2d,
  type Tensor,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  tensor,
  transpose,
  warmupCosine,
} from "fovea";
import { DataLoader, padIds, picture, stackPictures, WordTokenizer } from "fovea/data";
import { patchAttentionSvg } from "fovea/explain";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { HEIGHT, makeQuestions, type Question, WIDTH } from "./makeQuestions.ts";

const HELP = `Answers questions in words about pictures, and tries to with the words or the picture alone.

  npm run example -- modalities
    --questions N   to train on; default 6000
    --epochs N      default 6
    --threads N     default all
    --seed N        default 1
    --out FOLDER    for a page that shows where the words looked; default runs/modalities`;

const PATCH = 4;
const [D_MODEL, HEADS] = [64, 4];
const LAYER = { dimFeedforward: 2 * D_MODEL, dropout: 0, activation: "gelu", normFirst: true } as const;

interface Batch {
  readonly pictures: Tensor;
  readonly ids: Tensor;
  readonly lengths: readonly number[];
  readonly labels: Tensor;
}

/** Patches that have looked at each other, words that have looked at each other and at the patches, and the mean of these. */
class PictureQuestions extends Module {
  readonly patches = new Conv2d(1, D_MODEL, PATCH, { stride: PATCH });
  readonly places = new Positional(sinusoidal2d({ height: HEIGHT / PATCH, width: WIDTH / PATCH }), {
    embedDim: D_MODEL,
    numHeads: HEADS,
  });
  readonly pictureEncoder = new TransformerEncoder(new TransformerEncoderLayer(D_MODEL, HEADS, LAYER), 1);
  readonly words: Embedding;
  readonly positions = new Positional(sinusoidal(), { embedDim: D_MODEL, numHeads: HEADS });
  readonly questionDecoder = new TransformerDecoder(new TransformerDecoderLayer(D_MODEL, HEADS, LAYER), 2);
  readonly classifier = new Linear(D_MODEL, 10);

  constructor(vocabSize: number) {
    super();
    this.words = new Embedding(vocabSize, D_MODEL, { paddingIdx: 0 });
  }

  /** `logits [batch, 10]`, and where each word of the last layer looked: `weights [batch, numHeads, words, patches]`. */
  forward({ pictures, ids, lengths }: Batch): { logits: Tensor; weights: Tensor } {
    return scope(() => {
      const patches = transpose(this.patches.forward(pictures).reshape([lengths.length, D_MODEL, -1]), 1, 2);
      const memory = this.pictureEncoder.forward(this.places.forward(patches));
      const words = this.positions.forward(this.words.forward(ids));
      const { out, crossWeights } = this.questionDecoder.forward(words, memory, { lengths, needWeights: true });
      return { logits: this.classifier.forward(meanPool(out, { lengths })), weights: crossWeights.at(-1)! };
    });
  }
}

/** What a model is shown: all, or one modality and always the same in place of the other. */
type Shown = "both" | "the picture alone" | "the question alone";

const PAPER = picture(Array(HEIGHT * WIDTH).fill(1), [1, HEIGHT, WIDTH]);

const shownAs = (shown: Shown, question: Question): Question => ({
  ...question,
  ...(shown === "the picture alone" && { words: "which digit" }),
  ...(shown === "the question alone" && { picture: PAPER }),
});

function loaderOf(questions: readonly Question[], tokenizer: WordTokenizer, seed?: number): DataLoader<Question, Batch> {
  return new DataLoader(questions, {
    batchSize: seed === undefined ? 100 : 32,
    seed,
    byLength: false,
    collate: (items) => ({
      pictures: stackPictures(items.map(({ picture }) => picture)),
      ...padIds(items.map(({ words }) => tokenizer.encode(words))),
      labels: tensor(Int32Array.from(items, ({ answer }) => answer)),
    }),
  });
}

function objective(model: PictureQuestions, batch: Batch) {
  const { logits } = model.forward(batch);
  return { loss: crossEntropy(logits, batch.labels), weight: batch.labels.length, logits, labels: batch.labels };
}

/** A model that has learned from what it was shown, and its accuracy on other questions, shown alike. */
async function trained(
  shown: Shown,
  [train, test]: readonly [readonly Question[], readonly Question[]],
  tokenizer: WordTokenizer,
  { epochs, seed }: { epochs: number; seed: number },
): Promise<{ model: PictureQuestions; accuracy: number }> {
  manualSeed(seed);
  const model = new PictureQuestions(tokenizer.size);
  const given = (questions: readonly Question[]) => questions.map((question) => shownAs(shown, question));
  const { epochs: curve } = await fit(model, loaderOf(given(train), tokenizer, seed), {
    objective,
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    epochs,
    clipGradNorm: 1,
    seed,
  });
  const { accuracy } = await evaluate(model, loaderOf(given(test), tokenizer), { objective });
  console.log(`${shown}: ${percent(accuracy)} right, in training ${percent(curve.at(-1)?.accuracy ?? Number.NaN)}`);
  return { model, accuracy };
}

/** Which share of what the words looked at, the mean over heads, words and questions, lies in the half of the picture that is asked for. */
async function lookedRight(model: PictureQuestions, questions: readonly Question[], tokenizer: WordTokenizer): Promise<number> {
  model.eval();
  const columns = WIDTH / PATCH;
  const shares: number[] = [];
  for (const question of questions)
    for await (const batch of loaderOf([question], tokenizer))
      scope(() => {
        const looked = mean(noGrad(() => model.forward(batch)).weights, { axis: [0, 1, 2] }).toArray();
        const onSide = looked.filter((_, patch) => Math.floor((2 * (patch % columns)) / columns) === question.side);
        shares.push([...onSide].reduce((sum, weight) => sum + weight, 0));
      });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** For each question a row: its picture once for every word, redder where that word looked. */
async function attentionPage(model: PictureQuestions, questions: readonly Question[], tokenizer: WordTokenizer): Promise<string> {
  model.eval();
  const rows: string[] = [];
  for (const question of questions)
    for await (const batch of loaderOf([question], tokenizer))
      scope(() => {
        const { logits, weights } = model.forward(batch);
        const scores = [...logits.view()];
        const looked = mean(weights, { axis: 1 }).toNested() as number[][][]; // over the heads: [1, words, patches]
        const figures = question.words.split(" ").map((word, i) => {
          const svg = patchAttentionSvg(`where ${word} looked`, question.picture, looked[0]![i]!, { patchSize: PATCH, zoom: 6 });
          return `<figure>${svg}<figcaption>${word}</figcaption></figure>`;
        });
        const said = `${question.words}? Answered ${scores.indexOf(Math.max(...scores))}; the answer is ${question.answer}`;
        rows.push(`<h2>${said}</h2>\n<div>${figures.join("\n")}</div>`);
      });
  return `<!doctype html>
<meta charset="utf-8">
<title>Where the words looked</title>
<style>body { font: 16px sans-serif; padding: 24px } h2 { font-size: 16px } div { display: flex; gap: 12px } figure { margin: 0; text-align: center }</style>
<p>The mean over the heads of the last layer's attention from each word to the patches of the picture.</p>
${rows.join("\n")}
`;
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { questions: text, epochs: text, threads: text, seed: text, out: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const { whole, engine } = numbersOf("modalities", values);
  const options = { epochs: whole("epochs", 6), seed: whole("seed", 1, 0), engine: engine() };
  const data = [makeQuestions(whole("questions", 6000), new Rng(1)), makeQuestions(500, new Rng(2))] as const;
  const out = values.out ?? "runs/modalities";
  await mkdir(out, { recursive: true });
  const tokenizer = WordTokenizer.train(data[0].map(({ words }) => words));
  await init(options.engine);
  console.log(`data      ${data[0].length} + ${data[1].length} questions to train and test, such as: ${data[1][0]!.words}?`);
  const started = performance.now();
  const { model } = await trained("both", data, tokenizer, options);
  const looked = await lookedRight(model, data[1].slice(0, 100), tokenizer);
  console.log(`  of what the words looked at, ${percent(looked)} is in the half that is asked for`);
  await writeFile(join(out, "attention.html"), await attentionPage(model, data[1].slice(0, 8), tokenizer));
  await trained("the picture alone", data, tokenizer, options);
  await trained("the question alone", data, tokenizer, options);
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0)} s; ${runtime.variant.name}, threads ${runtime.threads.count}`,
  );
  console.log(`saved in ${out}: attention.html`);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
