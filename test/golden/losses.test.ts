import { crossEntropy } from "../../ts/ops/crossEntropy.ts";
import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase } from "./modules.ts";

interface LossCase extends GoldenCase {
  loss: string;
  call: Record<string, unknown>;
  probabilityTargets?: boolean;
}

testGoldens<LossCase>(
  "losses",
  [
    { why: "this loss is not in the library yet", is: ({ loss }) => loss !== "cross_entropy" },
    {
      why: "targets that are probabilities are not in the library yet",
      is: ({ probabilityTargets }) => probabilityTargets === true,
    },
  ],
  ({ call }, goldens) => {
    const logits = classesLast(goldens);
    const labels = goldens.tensor("input.target");
    const weight = goldens.has("input.weight") ? goldens.tensor("input.weight") : null;
    const loss = crossEntropy(logits, labels, { weight, ...camelCase(call) });
    loss.backward(goldens.tensor("gradOutput.loss"));
    return {
      "output.loss": loss,
      "grad.input.logits": turned(logits.grad!.shape, logits.grad!.view() as Float32Array, "classes second"),
    };
  },
);

/** PyTorch's classes are the second axis, ours the last. */
function classesLast(goldens: Goldens): Tensor {
  const { shape, values } = goldens.golden("input.logits");
  const logits = turned(shape, values as Float32Array, "classes last");
  return tensor(logits.values as Float32Array, [...logits.shape], { requiresGrad: true });
}

/** `[batch, classes, ...places]` to `[batch, ...places, classes]`, or back. */
function turned(shape: readonly number[], values: Float32Array, to: "classes last" | "classes second"): Golden {
  const [batch, ...rest] = shape as [number, ...number[]];
  const [rows, cols] = to === "classes last" ? [rest[0]!, product(rest.slice(1))] : [product(rest.slice(0, -1)), rest.at(-1)!];
  const out = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) out[(b * cols + c) * rows + r] = values[(b * rows + r) * cols + c]!;
    }
  }
  const turnedRest = to === "classes last" ? [...rest.slice(1), rest[0]!] : [rest.at(-1)!, ...rest.slice(0, -1)];
  return { shape: [batch, ...turnedRest], values: out };
}

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
