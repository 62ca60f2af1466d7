/**
 * Zero-shot classification: a model that has learned to bring texts near to the names of their classes is asked about classes it has never seen, by their
 * names alone. README.md shows what it prints; `--help` lists the options.
 */
import { parseArgs } from "node:util";
import { AdamW, FoveaError, fit, type InitOptions, init, manualSeed, matmul, noGrad, Rng, runtime, scope, topK } from "fovea";
import { readTextExamples, WordTokenizer } from "fovea/data";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { DualEncoder, type Sequences } from "./dualEncoder.ts";
import { type LabelledText, makeTexts, type Split } from "./makeTexts.ts";

const HELP = `Tells classes that it has never seen, by their names.

  npm run example -- zeroshot                      a small set that the example makes
    --train FILE    TSV, CSV or JSONL with a text and a label column; a label is the name of a class in words
    --test FILE     the same, of classes that --train does not have
    --seen FILE     the same, of classes that it has; may be left out
    --epochs N      default 20
    --threads N     default all
    --seed N        default 1`;

const BATCH = 64;

interface Options {
  readonly files: { readonly train: string | undefined; readonly test: string | undefined; readonly seen: string | undefined };
  readonly epochs: number;
  readonly engine: InitOptions;
  readonly seed: number;
}

/** Null if help is all that is asked for. */
function parseOptions(): Options | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ train: text, test: text, seen: text, epochs: text, threads: text, seed: text },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return null;
  const { train, test, seen } = values;
  if ((train === undefined) !== (test === undefined) || (seen !== undefined && train === undefined))
    throw new FoveaError("RANGE", "zeroshot: --train and --test go together, and --seen goes with them");
  const { whole, engine } = numbersOf("zeroshot", values);
  return { files: { train, test, seen }, epochs: whole("epochs", 20, 0), engine: engine(), seed: whole("seed", 1, 0) };
}

async function readSplit({ train, test, seen }: Options["files"]): Promise<Split> {
  if (train === undefined) return makeTexts(new Rng(1));
  const read = async (path: string | undefined) => (path === undefined ? [] : readTextExamples(path));
  const split = { train: await read(train), seen: await read(seen), unseen: await read(test) };
  const known = new Set(split.train.map(({ label }) => label));
  const twice = split.unseen.find(({ label }) => known.has(label));
  if (twice)
    throw new FoveaError(
      "DATA",
      `zeroshot: classes of --test must not be in --train, got ${JSON.stringify(twice.label)} in both`,
    );
  const strange = split.seen.find(({ label }) => !known.has(label));
  if (strange)
    throw new FoveaError(
      "DATA",
      `zeroshot: classes of --seen must be in --train, got ${JSON.stringify(strange.label)}, which is not`,
    );
  return split;
}

const namesOf = (texts: readonly LabelledText[]): string[] => [...new Set(texts.map(({ label }) => label))].sort();

/** Batches of texts of which no two have one class: a name in a batch is then the wrong one for every text but its own. */
function distinctBatches(texts: readonly LabelledText[], rng: Rng): LabelledText[][] {
  const byName = new Map(namesOf(texts).map((name) => [name, rng.shuffle(texts.filter(({ label }) => label === name))]));
  const rounds = Math.max(...[...byName.values()].map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => {
    const some = rng.shuffle([...byName.values()].flatMap((own) => own[round] ?? []));
    return Array.from({ length: Math.ceil(some.length / BATCH) }, (_, i) => some.slice(i * BATCH, (i + 1) * BATCH));
  }).flat();
}

interface Encoded {
  readonly texts: Sequences;
  readonly names: Sequences;
}

async function train(
  model: DualEncoder,
  data: readonly LabelledText[],
  tokenizer: WordTokenizer,
  options: Options,
): Promise<void> {
  const { epochs, seed } = options;
  const rng = new Rng(seed);
  const encode = (text: string) => tokenizer.encode(text);
  // Read anew for each epoch.
  const batches: AsyncIterable<Encoded> = {
    async *[Symbol.asyncIterator]() {
      for (const batch of distinctBatches(data, rng))
        yield { texts: batch.map(({ text }) => encode(text)), names: batch.map(({ label }) => encode(label)) };
    },
  };
  await fit(model, batches, {
    objective: (learner, { texts, names }) => ({ loss: learner.forward(texts, names), weight: texts.length }),
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    clipGradNorm: 1,
    epochs,
    seed,
    onEpoch: ({ epoch, loss }) => {
      if (epoch % 5 === 0 || epoch === epochs) console.log(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}`);
    },
  });
}

interface Guess {
  readonly name: string;
  readonly cosine: number;
}

/** For each text the names that fit it best among `names`, at most `count`. */
function guesses(
  model: DualEncoder,
  tokenizer: WordTokenizer,
  texts: readonly string[],
  names: readonly string[],
  count = 1,
): Guess[][] {
  model.eval();
  const ids = (of: readonly string[]) => of.map((text) => tokenizer.encode(text));
  return scope(() =>
    noGrad(() => {
      const cosines = matmul(model.embedTexts(ids(texts)), model.embedNames(ids(names)), { transposeB: true });
      const { values, indices } = topK(cosines, Math.min(count, names.length));
      const [best, places] = [values.toNested() as number[][], indices.toNested() as number[][]];
      return best.map((row, item) => row.map((cosine, i) => ({ name: names[places[item]![i]!]!, cosine })));
    }),
  );
}

async function main(): Promise<void> {
  const options = parseOptions();
  if (options === null) return console.log(HELP);
  const split = await readSplit(options.files);
  const tokenizer = WordTokenizer.train(split.train.flatMap(({ text, label }) => [text, label]));
  await init(options.engine);
  manualSeed(options.seed);
  const model = new DualEncoder(tokenizer.size);
  const [trained, held] = [namesOf(split.train), namesOf(split.unseen)];
  console.log(`${split.train.length} texts of ${trained.length} classes to train, ${split.unseen.length} of ${held.length} other classes to test
${runtime.variant.name}, threads ${runtime.threads.count}`);
  const started = performance.now();
  await train(model, split.train, tokenizer, options);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  const score = (of: string, texts: readonly LabelledText[], names: readonly string[]): void => {
    const made = guesses(
      model,
      tokenizer,
      texts.map(({ text }) => text),
      names,
    );
    const right = texts.filter(({ label }, i) => made[i]![0]!.name === label).length;
    console.log(`${of.padEnd(56)} ${percent(right / texts.length)} (by chance ${percent(1 / names.length)})`);
  };
  if (split.seen.length > 0) score(`classes seen in training, among ${trained.length}`, split.seen, trained);
  score(`classes never seen, among ${held.length}`, split.unseen, held);
  score(`classes never seen, among all ${trained.length + held.length}`, split.unseen, [...trained, ...held]);
  show(model, tokenizer, split.unseen, [...trained, ...held]);
}

const SHOWN = 3;

/** The first text of a few classes that were never seen, with the names that fit it best. */
function show(model: DualEncoder, tokenizer: WordTokenizer, texts: readonly LabelledText[], names: readonly string[]): void {
  const some = namesOf(texts)
    .slice(0, SHOWN)
    .map((name) => texts.find(({ label }) => label === name)!.text);
  for (const [i, best] of guesses(model, tokenizer, some, names, 3).entries())
    console.log(`\n${some[i]}\n${best.map(({ name, cosine }) => `  ${cosine.toFixed(2)}  ${name}`).join("\n")}`);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
