import * as ops from "../../ts/ops/index.ts";
import type { Reduction } from "../../ts/ops/reduction.ts";
import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients } from "./modules.ts";

interface LossCase extends GoldenCase {
  loss: string;
  call: Record<string, unknown>;
  probabilityTargets?: boolean;
}

type Results = Record<string, Golden | Tensor>;
type Compute = (goldens: Goldens, call: Options) => { loss: Tensor; gradients: () => Results };
type Options = { reduction?: Reduction };

/** A loss of `input` and `target`. */
const ofPair =
  (fn: (x: Tensor, target: Tensor, options: Options) => Tensor): Compute =>
  (goldens, call) => {
    const [input, target] = [goldens.tensor("input.input"), goldens.tensor("input.target")];
    return { loss: fn(input, target, call), gradients: () => inputGradients({ input, target }) };
  };

/** A loss of logits with the classes second, and labels; `of` makes the loss of them with the classes last. */
const ofClasses =
  (of: (logits: Tensor, labels: Tensor, options: Options & { weight: Tensor | null }) => Tensor): Compute =>
  (goldens, call) => {
    const logits = turned(goldens.golden("input.logits"), "classes last");
    const labels = goldens.tensor("input.target");
    const weight = optional(goldens, "input.weight");
    return {
      loss: of(logits, labels, { weight, ...call }),
      gradients: () => ({ "grad.input.logits": turned(logits.grad!, "classes second") }),
    };
  };

/** Cross-entropy whose targets are chances of classes, last in both. */
const ofChances: Compute = (goldens, call) => {
  const [logits, target] = [goldens.tensor("input.logits"), goldens.tensor("input.target")];
  const loss = ops.crossEntropy(logits, target, { weight: optional(goldens, "input.weight"), ...call });
  return { loss, gradients: () => inputGradients({ logits, target }) };
};

const losses: Record<string, Compute> = {
  cross_entropy: ofClasses(ops.crossEntropy),
  nll_loss: ofClasses((logits, labels, options) => ops.nllLoss(logSoftmax(logits), labels, options)),
  mse_loss: ofPair(ops.mseLoss),
  l1_loss: ofPair(ops.l1Loss),
  smooth_l1_loss: ofPair(ops.smoothL1Loss),
  huber_loss: ofPair(ops.huberLoss),
  kl_div: ofPair(ops.klDiv),
  binary_cross_entropy_with_logits(goldens, call) {
    const [logits, target] = [goldens.tensor("input.logits"), goldens.tensor("input.target")];
    const weights = { weight: optional(goldens, "input.weight"), posWeight: optional(goldens, "input.pos_weight") };
    const loss = ops.binaryCrossEntropyWithLogits(logits, target, { ...weights, ...call });
    return { loss, gradients: () => inputGradients({ logits, target }) };
  },
  ctc_loss(goldens, call) {
    const logits = swapped(goldens.golden("input.logits"));
    const lengths = {
      inputLengths: goldens.golden("input.input_lengths").values,
      targetLengths: goldens.golden("input.target_lengths").values,
    };
    const loss = ops.ctcLoss(logSoftmax(logits), goldens.tensor("input.target"), { ...lengths, ...call });
    return { loss, gradients: () => ({ "grad.input.logits": swapped(logits.grad!) }) };
  },
  cosine_embedding_loss(goldens, call) {
    const [x1, x2] = [goldens.tensor("input.x1"), goldens.tensor("input.x2")];
    const loss = ops.cosineEmbeddingLoss(x1, x2, goldens.tensor("input.target"), call);
    return { loss, gradients: () => inputGradients({ x1, x2 }) };
  },
  triplet_margin_loss(goldens, call) {
    const [anchor, positive] = [goldens.tensor("input.anchor"), goldens.tensor("input.positive")];
    const negative = goldens.tensor("input.negative");
    const loss = ops.tripletMarginLoss(anchor, positive, negative, call);
    return { loss, gradients: () => inputGradients({ anchor, positive, negative }) };
  },
  info_nce(goldens, call) {
    const [query, key] = [goldens.tensor("input.query"), goldens.tensor("input.key")];
    return { loss: ops.infoNce(query, key, call), gradients: () => inputGradients({ query, key }) };
  },
};

testGoldens<LossCase>("losses", [], ({ loss: name, call, probabilityTargets }, goldens) => {
  const compute = probabilityTargets ? ofChances : losses[name]!;
  const { loss, gradients } = compute(goldens, camelCase(call));
  loss.backward(goldens.tensor("gradOutput.loss"));
  return { "output.loss": loss, ...gradients() };
});

function optional(goldens: Goldens, name: string): Tensor | null {
  return goldens.has(name) ? goldens.tensor(name) : null;
}

/** `[batch, classes, ...places]` to `[batch, ...places, classes]`, or back. */
function turned(from: Golden | Tensor, to: "classes last" | "classes second"): Tensor {
  const values = valuesOf(from);
  const [batch, ...rest] = from.shape as [number, ...number[]];
  const [rows, cols] = to === "classes last" ? [rest[0]!, product(rest.slice(1))] : [product(rest.slice(0, -1)), rest.at(-1)!];
  const out = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) out[(b * cols + c) * rows + r] = values[(b * rows + r) * cols + c]!;
    }
  }
  const turnedRest = to === "classes last" ? [...rest.slice(1), rest[0]!] : [rest.at(-1)!, ...rest.slice(0, -1)];
  return tensor(out, [batch, ...turnedRest], { requiresGrad: true });
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** `[time, batch, classes]` to `[batch, time, classes]`, or back. */
function swapped(from: Golden | Tensor): Tensor {
  const values = valuesOf(from);
  const [rows, cols, width] = from.shape as [number, number, number];
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++)
      out.set(values.subarray((r * cols + c) * width, (r * cols + c + 1) * width), (c * rows + r) * width);
  return tensor(out, [cols, rows, width], { requiresGrad: true });
}

const valuesOf = (from: Golden | Tensor): Golden["values"] => ("values" in from ? from.values : from.view());

const logSoftmax = (logits: Tensor): Tensor => ops.log(ops.softmax(logits));
