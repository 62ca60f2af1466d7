import { matmul } from "../ops/matmul.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { descend } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { sumSquares } from "./norms.ts";
import { expectNotNegative, expectOption, expectShares } from "./optimizer.ts";
import { type Piece, TensorOptimizer } from "./tensorOptimizer.ts";

interface Options {
  lr: number;
  weightDecay: number;
  momentum: number;
  nesterov: boolean;
  /** Of the iteration's polynomial `a x + b x³ + c x⁵`. */
  nsCoefficients: readonly [number, number, number];
  nsSteps: number;
  /** The least norm to divide by. */
  eps: number;
  /** How the rate depends on a matrix: `√max(1, rows / cols)`, or so that updates are as large as AdamW's. */
  adjustLrFn: "original" | "match_rms_adamw";
}

export type MuonOptions = Partial<Options>;

/**
 * For the weight matrices of hidden layers: the momentum made orthogonal, by a Newton–Schulz iteration (Jordan et al. 2024; rates of
 * AdamW's size: Liu et al. 2025). Everything else, embeddings and the last layer too, is best left to AdamW. PyTorch's defaults; the iteration is
 * in float32, where PyTorch rounds to bfloat16.
 */
export class Muon extends TensorOptimizer<Options, "momentum_buffer"> {
  /** Throws `RANGE`, and `RANK` for a parameter that is no matrix. */
  constructor(params: Parameters<Options>, options: MuonOptions = {}) {
    super(kind, params, options, (shape) => [["momentum_buffer", shape]]);
  }

  protected move({ param, grad, state }: Piece<"momentum_buffer">, group: Group<Options>): void {
    const { lr, weightDecay, momentum, nesterov } = group;
    const buffer = state.get("momentum_buffer")!;
    descend({ param: buffer, grad }, { rate: momentum - 1, decay: 1 - momentum });
    const update = orthogonal(nesterov ? ahead(grad, buffer, momentum) : buffer, group);
    descend({ param, grad: update }, { rate: lr * adjustment(group, param), decay: lr * weightDecay });
  }
}

/** Between the gradient and its mean. */
function ahead(grad: Tensor, buffer: Tensor, momentum: number): Tensor {
  const out = scale(grad, 1 - momentum);
  descend({ param: out, grad: buffer }, { rate: -momentum });
  return out;
}

/** `x [rows, cols]` with all singular values brought near 1. */
function orthogonal(x: Tensor, { nsCoefficients: [a, b, c], nsSteps, eps }: Options): Tensor {
  const [rows, cols] = x.shape as [number, number];
  const tall = rows > cols; // the smaller of the two Gram matrices
  let out = scale(x, 1 / Math.max(Math.sqrt(sumSquares(x)), eps));
  for (let i = 0; i < nsSteps; i += 1) {
    const gram = matmul(out, out, tall ? { transposeA: true } : { transposeB: true });
    const polynomial = matmul(gram, gram);
    descend({ param: polynomial, grad: gram }, { decay: 1 - c, rate: -b });
    const next = tall ? matmul(out, polynomial) : matmul(polynomial, out);
    descend({ param: next, grad: out }, { rate: -a });
    for (const done of [gram, polynomial, out]) done.dispose();
    out = next;
  }
  return out;
}

function adjustment({ adjustLrFn }: Options, { shape }: Tensor): number {
  const [rows, cols] = shape as [number, number];
  return adjustLrFn === "original" ? Math.sqrt(Math.max(1, rows / cols)) : 0.2 * Math.sqrt(Math.max(rows, cols));
}

const kind: Kind<Options> = {
  name: "Muon",
  defaults: {
    ...{ lr: 1e-3, weightDecay: 0.1, momentum: 0.95, nesterov: true, nsCoefficients: [3.4445, -4.775, 2.0315], nsSteps: 5 },
    ...{ eps: 1e-7, adjustLrFn: "original" },
  },
  check(group) {
    const { momentum, nsSteps, adjustLrFn, params } = group;
    expectNotNegative("Muon", group, "lr", "weightDecay", "eps");
    expectShares("Muon", "momentum", momentum);
    expectOption(
      "Muon",
      "nsSteps",
      nsSteps,
      Number.isInteger(nsSteps) && nsSteps >= 0 && nsSteps < 100,
      "a whole number below 100",
    );
    if (adjustLrFn !== "original" && adjustLrFn !== "match_rms_adamw")
      throw new FoveaError("RANGE", `Muon: adjustLrFn must be original or match_rms_adamw, got ${String(adjustLrFn)}`);
    const other = params.find(({ shape }) => shape.length !== 2);
    if (other)
      throw new FoveaError(
        "RANK",
        `Muon: parameters must be [rows, cols], got ${formatShape(other.shape)}; give others to AdamW`,
      );
  },
};
