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
import { models, multiheads } from "./shapes.ts";
import { labelOf, type ModelShape, type ModuleShape, sizesOf } from "./sizes.ts";

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

const copies = (tensors: readonly (Tensor | null)[]): Float32Array[] =>
  tensors.map((each) => (each ? (each.toArray() as Float32Array) : new Float32Array()));

/** Forward once and backward twice; but attention's backward is five products for forward's two. */
const layerFlops = ({ seqLen, embedDim }: ModuleShape, dimFeedforward = 0): number =>
  3 * 2 * seqLen * embedDim * (4 * embedDim + 2 * dimFeedforward) + 14 * seqLen * seqLen * embedDim;

const multihead = (shape: ModuleShape): Scenario => ({
  name: `MultiheadAttention forward+backward ${labelOf.module(shape)}`,
  shape: sizesOf.module(shape),
  ...{ batch: shape.batch, affordable: 1, flops: layerFlops(shape) },
  start(batch) {
    const { seqLen, embedDim, numHeads } = shape;
    manualSeed(SEED);
    const module = new MultiheadAttention(embedDim, numHeads);
    const x = keepAlive(randn([batch, seqLen, embedDim], { requiresGrad: true }));
    const dOut = keepAlive(randn([batch, seqLen, embedDim]));
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
});

const training = (shape: ModelShape): Scenario => ({
  name: `training step ${labelOf.model(shape)}`,
  shape: sizesOf.model(shape),
  ...{ batch: shape.batch, affordable: shape.embedDim > 128 ? 1 : 4 },
  flops: shape.numLayers * layerFlops(shape, shape.dimFeedforward),
  start(batch) {
    const { vocabSize, embedDim, numHeads, numLayers, dimFeedforward, seqLen } = shape;
    const sizes = { vocabSize, numClasses: 2, dModel: embedDim, numHeads, numLayers, dimFeedforward };
    manualSeed(SEED);
    const classifier = new SequenceClassifier({ ...sizes, positional: sinusoidal(), pooling: "mean", dropout: 0.1 });
    const optimizer = new AdamW(classifier.parameters(), { lr: 1e-3, weightDecay: 0.01 });
    const rng = random(SEED);
    const draw = (limit: number, length: number) => Int32Array.from({ length }, () => rng.below(limit));
    const ids = keepAlive(tensor(draw(vocabSize, batch * seqLen), [batch, seqLen]));
    const labels = keepAlive(tensor(draw(2, batch), [batch]));
    const lengths = Array.from({ length: batch }, () => seqLen);
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
});

function disposeAll(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}

const steps = models.map(training);
export const scenarios: readonly Scenario[] = [...multiheads.slice(0, 2).map(multihead), ...steps];
/** What the profile is of. */
export const trainingStep = steps[0]!;
