import { random } from "../test/harness/random.ts";
import {
  AdamW,
  clipGradNorm,
  crossEntropy,
  keepAlive,
  MultiheadAttention,
  manualSeed,
  randn,
  SequenceClassifier,
  scope,
  sinusoidal,
  type Tensor,
  tensor,
} from "../ts/index.ts";

/** What users run: modules and the tape over them, not single kernels. */
export interface Scenario {
  name: string;
  shape: string;
  batch: number;
  /** So many items plain TypeScript computes in a few seconds; the answer is checked on them. */
  affordable: number;
  /** Multiplications and additions of the matrix products, forward and backward, for one item. */
  flops: number;
  start(batch: number): Running;
}

export interface Running {
  run(): void;
  /** Runs once more from where it started and copies what came of it: the loss or output, and every gradient. */
  results(): Float32Array[];
  end(): void;
}

const SEED = 1;

/** `[tokens, from] · [from, to]`, forward once and backward twice. */
const linear = (tokens: number, from: number, to: number): number => 3 * 2 * tokens * from * to;
/** Scores and weighted sum, with backward's five products. */
const attention = (len: number, width: number): number => 14 * len * len * width;
const copies = (tensors: readonly (Tensor | null)[]): Float32Array[] =>
  tensors.map((each) => (each ? (each.toArray() as Float32Array) : new Float32Array()));

const multihead: Scenario = {
  name: "MultiheadAttention forward+backward",
  shape: "B8 H8 L128 E256",
  ...{ batch: 8, affordable: 2 },
  flops: linear(128, 256, 4 * 256) + attention(128, 256),
  start(batch) {
    manualSeed(SEED);
    const module = new MultiheadAttention(256, 8);
    const x = keepAlive(randn([batch, 128, 256], { requiresGrad: true }));
    const dOut = keepAlive(randn([batch, 128, 256]));
    const parameters = [...module.parameters(), x];
    const step = () => {
      for (const parameter of parameters) parameter.zeroGrad();
      const { out } = module.forward(x, x, x);
      out.backward(dOut);
      return out;
    };
    const run = () => void scope(() => void step());
    const results = () => scope(() => copies([step(), ...parameters.map(({ grad }) => grad)]));
    return { run, results, end: () => disposeAll([...parameters, dOut]) };
  },
};

const LEN = 64;
const VOCAB = 10_000;
const model = { vocabSize: VOCAB, numClasses: 2, dModel: 128, numHeads: 4, numLayers: 2, dimFeedforward: 512 } as const;

const training: Scenario = {
  name: "training step",
  shape: "2 layers d128 H4 ffn512 L64 B32",
  ...{ batch: 32, affordable: 4 },
  flops: model.numLayers * (linear(LEN, 128, 4 * 128 + 2 * 512) + attention(LEN, 128)),
  start(batch) {
    manualSeed(SEED);
    const classifier = new SequenceClassifier({ ...model, positional: sinusoidal(), pooling: "mean", dropout: 0.1 });
    const optimizer = new AdamW(classifier.parameters(), { lr: 1e-3, weightDecay: 0.01 });
    const rng = random(SEED);
    const draw = (limit: number, length: number) => Int32Array.from({ length }, () => rng.below(limit));
    const ids = keepAlive(tensor(draw(VOCAB, batch * LEN), [batch, LEN]));
    const labels = keepAlive(tensor(draw(2, batch), [batch]));
    const lengths = Array.from({ length: batch }, () => LEN);
    const forward = () => {
      const loss = crossEntropy(classifier.forward(ids, { lengths }), labels);
      loss.backward();
      return loss;
    };
    const run = () =>
      scope(() => {
        forward();
        clipGradNorm(classifier.parameters(), 1);
        optimizer.step();
        optimizer.zeroGrad();
      });
    const results = () =>
      scope(() => {
        manualSeed(SEED); // the same elements dropped
        const loss = forward();
        const gradients = copies([loss, ...classifier.parameters().map(({ grad }) => grad)]);
        clipGradNorm(classifier.parameters(), 1);
        optimizer.zeroGrad();
        return gradients;
      });
    return { run, results, end: () => disposeAll([ids, labels, ...classifier.parameters()]) };
  },
};

function disposeAll(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}

export const scenarios: readonly Scenario[] = [multihead, training];
