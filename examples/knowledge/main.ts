/**
 * External knowledge put behind the text: facts about those it names, as words after a separator, told apart by segment embeddings. README.md shows what
 * it prints; `--help` lists the options.
 */
import { parseArgs } from "node:util";
import {
  AdamW,
  crossEntropy,
  evaluate,
  FoveaError,
  fit,
  init,
  manualSeed,
  Rng,
  runtime,
  SequenceClassifier,
  type Tensor,
  tensor,
  warmupCosine,
} from "fovea";
import { Classes, DataLoader, padPairs, readTextExamples, WordTokenizer } from "fovea/data";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";
import { Facts, readFacts } from "./facts.ts";
import { type Claim, makeClaims } from "./makeClaims.ts";

const HELP = `Tells whether a claim is true from facts that are looked up, and tries to without them.

  npm run example -- knowledge                     people, places and claims that the example makes
    --facts FILE    TSV without a header: subject, relation, object
    --train FILE    TSV, CSV or JSONL with a text and a label
    --valid FILE    the same; scored at the end
    --epochs N      default 20
    --threads N     default all
    --seed N        default 1`;

const SIZES = { dModel: 64, numHeads: 4, numLayers: 2, dimFeedforward: 128, dropout: 0.1, normFirst: true };

interface Data {
  readonly facts: Facts;
  readonly train: readonly Claim[];
  readonly test: readonly Claim[];
}

async function readData(facts: string | undefined, train: string | undefined, valid: string | undefined): Promise<Data> {
  if (facts !== undefined && train !== undefined && valid !== undefined)
    return { facts: await readFacts(facts), train: await readTextExamples(train), test: await readTextExamples(valid) };
  if ((facts ?? train ?? valid) !== undefined)
    throw new FoveaError("RANGE", "knowledge: --facts, --train and --valid must be given together");
  const made = makeClaims(3000, 600, new Rng(1));
  return { ...made, facts: new Facts(made.facts) };
}

/** A claim and what is known about it, in words. */
interface Informed {
  readonly text: string;
  readonly known: string;
  readonly label: string;
}

const inform = ({ facts }: Data, claims: readonly Claim[], withFacts: boolean): Informed[] =>
  claims.map(({ text, label }) => {
    const found = withFacts ? facts.about(text) : [];
    return { text, label, known: found.map((fact) => `${fact.join(" ")} .`).join(" ") };
  });

interface Batch {
  readonly ids: Tensor;
  readonly lengths: readonly number[];
  readonly tokenTypes: Tensor;
  readonly labels: Tensor;
}

/** Batches of claims with the facts behind them; shuffled if there is a seed. */
type Loader = (claims: readonly Informed[], seed?: number) => DataLoader<Informed, Batch>;

/** What makes batches of claims, and the sizes of a model for them: the vocabulary and the classes are those of `train`. */
function prepare(train: readonly Informed[]): { loader: Loader; sizes: { vocabSize: number; numClasses: number } } {
  const texts = train.flatMap(({ text, known }) => [text, known]);
  const tokenizer = WordTokenizer.train(texts, { minCount: 2, specials: ["<sep>"] });
  const separator = tokenizer.encode("<sep>")[0]!;
  const classes = Classes.of(train.map(({ label }) => label));
  const encode = (text: string): number[] => tokenizer.encode(text, { splitSpecialTokens: true });
  const collate = (items: readonly Informed[]): Batch => ({
    ...padPairs(
      items.map(({ text, known }) => [encode(text), encode(known)]),
      { separator },
    ),
    labels: tensor(Int32Array.from(items, ({ label, text }) => classes.indexOf(label, text))),
  });
  const lengthOf = ({ text, known }: Informed): number => text.length + known.length;
  return {
    loader: (claims, seed) => new DataLoader(claims, { batchSize: seed === undefined ? 100 : 32, seed, lengthOf, collate }),
    sizes: { vocabSize: tokenizer.size, numClasses: classes.size },
  };
}

function objective(model: SequenceClassifier, { ids, labels, ...call }: Batch) {
  const logits = model.forward(ids, call);
  return { loss: crossEntropy(logits, labels), weight: labels.length, logits, labels };
}

/** The accuracy on the test claims of a model that was trained with the facts, or without. */
async function accuracy(data: Data, withFacts: boolean, { epochs, seed }: { epochs: number; seed: number }): Promise<number> {
  const [train, test] = [inform(data, data.train, withFacts), inform(data, data.test, withFacts)];
  const { loader, sizes } = prepare(train);
  manualSeed(seed);
  const model = new SequenceClassifier({ ...SIZES, ...sizes, numTokenTypes: 2, paddingIdx: 0 });
  await fit(model, loader(train, seed), {
    objective,
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    schedule: warmupCosine({ warmupRatio: 0.1 }),
    epochs,
    clipGradNorm: 1,
    seed,
    onEpoch({ epoch, loss, accuracy }) {
      if (epoch % 5 === 0) console.log(`epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, ${percent(accuracy)} right`);
    },
  });
  return (await evaluate(model, loader(test), { objective })).accuracy;
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ facts: text, train: text, valid: text, epochs: text, threads: text, seed: text },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const { whole, engine } = numbersOf("knowledge", values);
  const options = { epochs: whole("epochs", 20), seed: whole("seed", 1, 0), engine: engine() };
  const data = await readData(values.facts, values.train, values.valid);
  await init(options.engine);
  const some = data.test[0]!;
  console.log(`data      ${data.train.length} + ${data.test.length} claims to train and test, ${data.facts.size} facts
such as   ${some.text}: ${some.label}
with      ${data.facts
    .about(some.text)
    .map((fact) => fact.join(" "))
    .join("; ")}`);
  const started = performance.now();
  console.log("with the facts");
  const informed = await accuracy(data, true, options);
  console.log("without them");
  const alone = await accuracy(data, false, options);
  console.log(`test: with facts ${percent(informed)} right, without ${percent(alone)} right`);
  console.log(
    `${((performance.now() - started) / 1000).toFixed(0)} s; ${runtime.variant.name}, threads ${runtime.threads.count}`,
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

await runMain(main);
