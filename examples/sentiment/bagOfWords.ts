/**
 * The yardstick: logistic regression on which words a review has, whatever their order. `npm run baseline:bow` prints what it scores on
 * the reviews that this example carries; `-- --train FILE --valid FILE` on others.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FoveaError } from "fovea";
import { Classes, readTextExamples, type TextExample, WordTokenizer } from "fovea/data";

export interface BagOfWordsOptions {
  /** The weight of the squared weights beside the summed loss is `1 / (2 · c)`, as in scikit-learn. */
  c?: number;
  /** Words that occur less often are left out. */
  minCount?: number;
}

export interface BagOfWordsScore {
  train: number;
  valid: number;
  /** How many weights there are, biases among them. */
  weights: number;
}

/** Which words each text has, and its class. */
interface Counted {
  readonly words: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** The share of right answers of a regression trained on `train`, until no gradient is left. */
export function bagOfWords(
  train: readonly TextExample[],
  valid: readonly TextExample[],
  options: BagOfWordsOptions = {},
): BagOfWordsScore {
  const { c = 1, minCount = 2 } = options;
  const classes = Classes.of(train.map(({ label }) => label));
  const tokenizer = WordTokenizer.train(
    train.map(({ text }) => text),
    { minCount },
  );
  const count = (examples: readonly TextExample[]): Counted => ({
    words: examples.map(({ text }) => [...new Set(tokenizer.encode(text))].filter((id) => id !== tokenizer.unknownId)),
    labels: examples.map(({ label, line }) => classes.indexOf(label, `line ${line}`)),
  });
  const training = count(train);
  const weights = regression(training, tokenizer.size, classes.size, 1 / (c * train.length));
  const share = (data: Counted): number => accuracy(weights, data, classes.size);
  return { train: share(training), valid: share(count(valid)), weights: weights.length };
}

const MOST_STEPS = 5000;
const CONVERGED = 1e-5; // the largest element of the gradient of the mean loss

/**
 * Softmax regression by Nesterov's accelerated descent, momentum restarted where it points uphill (O'Donoghue and Candès 2015). The
 * weights are `[word, class]`; a text's bias is the row of word 0, padding, which every text has here.
 */
function regression({ words, labels }: Counted, size: number, classes: number, decay: number): Float64Array {
  const meanLength = words.reduce((sum, ids) => sum + ids.length + 1, 0) / words.length;
  const rate = 1 / (meanLength / 2 + decay); // the trace of the largest Hessian: no curvature of the loss is larger
  let weights = new Float64Array(size * classes);
  let ahead = weights.slice();
  let momentum = 1;
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = gradientAt(ahead, words, labels, classes, decay);
    if (gradient.every((value) => Math.abs(value) < CONVERGED)) return ahead;
    const next = ahead.map((weight, i) => weight - rate * gradient[i]!);
    const uphill = gradient.reduce((sum, value, i) => sum + value * (next[i]! - weights[i]!), 0) > 0;
    const grown = uphill ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = uphill ? 0 : (momentum - 1) / grown;
    ahead = next.map((weight, i) => weight + push * (weight - weights[i]!));
    weights = next;
    momentum = grown;
  }
  return weights;
}

/** Of the mean loss and the decay; biases do not decay. */
function gradientAt(
  weights: Float64Array,
  words: Counted["words"],
  labels: Counted["labels"],
  classes: number,
  decay: number,
): Float64Array {
  const gradient = weights.map((weight, i) => (i < classes ? 0 : decay * weight));
  for (const [item, ids] of words.entries()) {
    const errors = softmax(scores(weights, ids, classes));
    errors[labels[item]!]! -= 1;
    for (let k = 0; k < classes; k++) {
      const error = errors[k]! / words.length;
      gradient[k]! += error;
      for (const id of ids) gradient[id * classes + k]! += error;
    }
  }
  return gradient;
}

function scores(weights: Float64Array, ids: readonly number[], classes: number): Float64Array {
  const sums = weights.slice(0, classes); // the biases
  for (const id of ids) for (let k = 0; k < classes; k++) sums[k]! += weights[id * classes + k]!;
  return sums;
}

function softmax(values: Float64Array): Float64Array {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Of classes with equal scores the first is the answer. */
function accuracy(weights: Float64Array, { words, labels }: Counted, classes: number): number {
  const right = words.filter((ids, item) => {
    const values = scores(weights, ids, classes);
    return values.indexOf(Math.max(...values)) === labels[item];
  });
  return right.length / words.length;
}

async function main(): Promise<void> {
  const carried = (name: string): string => fileURLToPath(new URL(`./data/${name}.tsv`, import.meta.url));
  const { values } = parseArgs({ options: { train: { type: "string" }, valid: { type: "string" } } });
  const { train = carried("train"), valid = carried("valid") } = values;
  const score = bagOfWords(await readTextExamples(train), await readTextExamples(valid));
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  console.log(
    `bag of words, ${score.weights} weights: ${percent(score.valid)} of ${valid} right (${percent(score.train)} of ${train})`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: Error) => {
    if (!(error instanceof FoveaError) && !("code" in error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
