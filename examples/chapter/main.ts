/**
 * A textbook chapter's code, as it would be printed: attention out of its formulas, a classifier of sentences around it, `train` and `evaluate`.
 * README.md shows what it prints; `--help` lists the options. docs/attention.md explains each formula.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  Adam,
  add,
  applySchedule,
  argmax,
  cast,
  clipGradNorm,
  crossEntropy,
  Dropout,
  Embedding,
  equal,
  FoveaError,
  init,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  manualSeed,
  maskedFill,
  matmul,
  meanPool,
  noGrad,
  Positional,
  relu,
  scale,
  scope,
  sinusoidal,
  softmax,
  sum,
  type Tensor,
  tensor,
  transpose,
  warmupCosine,
} from "fovea";
import { batches, Classes, type Example, readTextExamples, WordTokenizer } from "fovea/data";
import { numbersOf } from "../flags.ts";
import { runMain } from "../runMain.ts";

export interface AttentionSizes {
  readonly dModel: number;
  readonly numHeads: number;
  /** Width of one head's query and key, d_k, and of its value, d_v. */
  readonly dK: number;
  readonly dV: number;
  readonly dFeedForward: number;
  readonly dropout: number;
}

/** Multi-head attention, then a feed-forward network; each with dropout, one residual and a norm. */
export class Attention extends Module {
  readonly sizes: AttentionSizes;
  readonly wQ: Linear;
  readonly wK: Linear;
  readonly wV: Linear;
  readonly wO: Linear;
  readonly norm1: LayerNorm;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout;

  constructor(sizes: AttentionSizes) {
    super();
    const { dModel, numHeads, dK, dV, dFeedForward, dropout } = sizes;
    this.sizes = sizes;
    this.wQ = new Linear(dModel, numHeads * dK);
    this.wK = new Linear(dModel, numHeads * dK);
    this.wV = new Linear(dModel, numHeads * dV);
    this.wO = new Linear(numHeads * dV, dModel);
    this.norm1 = new LayerNorm(dModel);
    this.linear1 = new Linear(dModel, dFeedForward);
    this.linear2 = new Linear(dFeedForward, dModel);
    this.norm2 = new LayerNorm(dModel);
    this.dropout = new Dropout(dropout);
  }

  /**
   * `query [batch, queryLen, dModel]`; `key` and `value [batch, keyLen, dModel]`, of the same sequence or another. `hidden`, bool, broadcasts to
   * `[batch, numHeads, queryLen, keyLen]` and is true where a query may not look.
   */
  attend(query: Tensor, key: Tensor, value: Tensor, hidden?: Tensor): { out: Tensor; weights: Tensor } {
    const { dK, dV } = this.sizes;
    const q = this.#heads(this.wQ.forward(query), dK); //                 [batch, numHeads, queryLen, dK]
    const k = this.#heads(this.wK.forward(key), dK); //                   [batch, numHeads, keyLen,   dK]
    const v = this.#heads(this.wV.forward(value), dV); //                 [batch, numHeads, keyLen,   dV]
    const scores = scale(matmul(q, k, { transposeB: true }), 1 / Math.sqrt(dK)); // s_ij = q_i · k_j / √dK
    const weights = maskedSoftmax(scores, hidden); //                     p_ij = exp(s_ij) / Σ_j exp(s_ij)
    const heads = matmul(this.dropout.forward(weights), v); //            Σ_j p_ij v_j: [batch, numHeads, queryLen, dV]
    const concat = transpose(heads, 1, 2).reshape([...query.shape.slice(0, 2), -1]); // [batch, queryLen, numHeads · dV]
    return { out: this.wO.forward(concat), weights };
  }

  /** Self-attention of `x [batch, length, dModel]`. */
  forward(x: Tensor, hidden?: Tensor): Tensor {
    return scope(() => {
      const attended = this.attend(x, x, x, hidden).out;
      const y = this.norm1.forward(add(x, this.dropout.forward(attended)));
      const fed = this.linear2.forward(this.dropout.forward(relu(this.linear1.forward(y))));
      return this.norm2.forward(add(y, this.dropout.forward(fed)));
    });
  }

  /** `[batch, length, numHeads · width]` to `[batch, numHeads, length, width]`. */
  #heads(x: Tensor, width: number): Tensor {
    const [batch, length] = x.shape as [number, number];
    return transpose(x.reshape([batch, length, this.sizes.numHeads, width]), 1, 2);
  }
}

/** Softmax once, over the keys. Who is hidden has a weight of exactly 0, and a query that sees nobody has no weights at all. */
function maskedSoftmax(scores: Tensor, hidden: Tensor | undefined): Tensor {
  if (!hidden) return softmax(scores);
  return maskedFill(softmax(maskedFill(scores, hidden, Number.NEGATIVE_INFINITY)), hidden, 0);
}

/** Words, positions, attention, the mean over the real words, classes. */
export class SentimentClassifier extends Module {
  readonly embedding: Embedding;
  readonly positional: Positional;
  readonly dropout: Dropout;
  readonly layers: ModuleList<Attention>;
  readonly classifier: Linear;

  constructor(vocabSize: number, numClasses: number, numLayers: number, sizes: AttentionSizes) {
    super();
    const { dModel: embedDim, numHeads, dropout } = sizes;
    this.embedding = new Embedding(vocabSize, embedDim, { paddingIdx: 0 });
    this.positional = new Positional(sinusoidal(), { embedDim, numHeads });
    this.dropout = new Dropout(dropout);
    this.layers = new ModuleList(Array.from({ length: numLayers }, () => new Attention(sizes)));
    this.classifier = new Linear(embedDim, numClasses);
  }

  /** `ids` int32 `[batch, length]`, the first `lengths` of each real, to logits `[batch, numClasses]`. */
  forward(ids: Tensor, lengths: readonly number[]): Tensor {
    return scope(() => {
      const hidden = paddingOf(ids.shape as [number, number], lengths);
      const embedded = this.dropout.forward(this.positional.forward(this.embedding.forward(ids)));
      const x = [...this.layers].reduce((x, layer) => layer.forward(x, hidden), embedded);
      return this.classifier.forward(meanPool(x, { lengths }));
    });
  }
}

/** True for what fills up shorter sentences, `[batch, 1, 1, keyLen]`: the same for every head and query. */
function paddingOf([batch, keyLen]: readonly [number, number], lengths: readonly number[]): Tensor {
  const padding = lengths.flatMap((length) => Array.from({ length: keyLen }, (_, key) => key >= length));
  return tensor(padding, [batch, 1, 1, keyLen], { dtype: "bool" });
}

/** Goes over `examples` for `epochs` times, with a rate that rises over the first tenth of all steps and then falls. */
export function train(
  model: SentimentClassifier,
  examples: readonly Example[],
  { epochs, lr = 1e-3, batchSize = 32, seed = 0 }: { epochs: number; lr?: number; batchSize?: number; seed?: number },
): void {
  const optimizer = new Adam(model.parameters(), { lr });
  const schedule = warmupCosine({ warmupRatio: 0.1 });
  const steps = epochs * Math.ceil(examples.length / batchSize);
  let step = 0;
  model.train();
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    let total = 0;
    for (const { ids, lengths, labels } of batches(examples, { batchSize, seed: seed + epoch, byLength: true }))
      scope(() => {
        const loss = crossEntropy(model.forward(ids, lengths), labels);
        optimizer.zeroGrad();
        loss.backward();
        clipGradNorm(model.parameters(), 1);
        applySchedule(optimizer, schedule, step++, steps);
        optimizer.step();
        total += loss.item() * labels.length;
      });
    console.log(`epoch ${epoch} of ${epochs}: loss ${(total / examples.length).toFixed(3)}`);
  }
}

/** The share of `examples` that the model gets right: the likeliest class of each sentence, without dropout and without gradients. */
export function evaluate(model: SentimentClassifier, examples: readonly Example[]): number {
  model.eval();
  let correct = 0;
  for (const { ids, lengths, labels } of batches(examples, { batchSize: 100 }))
    scope(() => {
      const predicted = noGrad(() => argmax(model.forward(ids, lengths), { axis: -1 }));
      correct += sum(cast(equal(predicted, labels), "float32")).item();
    });
  return correct / examples.length;
}

const HELP = `A textbook chapter's attention, train and evaluate, as printed.

  npm run example -- chapter                       reviews of the sentiment example
    --train FILE    TSV, CSV or JSONL with a text and a label
    --valid FILE    the same; scored at the end
    --epochs N      default 10
    --threads N     default all
    --seed N        default 1`;

const SIZES: AttentionSizes = { dModel: 64, numHeads: 4, dK: 16, dV: 16, dFeedForward: 128, dropout: 0.1 };

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { train: text, valid: text, epochs: text, threads: text, seed: text, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  if ((values.train === undefined) !== (values.valid === undefined))
    throw new FoveaError("RANGE", "chapter: --train and --valid must be given together");
  const { whole, engine } = numbersOf("chapter", values);
  const [epochs, seed, threads] = [whole("epochs", 10), whole("seed", 1, 0), engine()];
  const carried = (name: string): string => fileURLToPath(new URL(`../sentiment/data/${name}.tsv`, import.meta.url));
  const [trainFile, testFile] = [values.train ?? carried("train"), values.valid ?? carried("test")];
  const [trainTexts, testTexts] = [await readTextExamples(trainFile), await readTextExamples(testFile)];
  const tokenizer = WordTokenizer.train(
    trainTexts.map(({ text }) => text),
    { minCount: 2 },
  );
  const classes = Classes.of(trainTexts.map(({ label }) => label));
  const encoded = (texts: typeof trainTexts): Example[] =>
    texts.map(({ text, label, line }) => ({
      ids: tokenizer.encode(text),
      label: classes.indexOf(label, `${testFile}:${line}`), // one that is unknown was not trained on
    }));

  await init(threads);
  manualSeed(seed);
  const model = new SentimentClassifier(tokenizer.size, classes.size, 2, SIZES);
  train(model, encoded(trainTexts), { epochs, seed });
  const accuracy = evaluate(model, encoded(testTexts));
  console.log(`Accuracy of the model on the ${testTexts.length} test sentences: ${(100 * accuracy).toFixed(1)} %`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(main);
