import { clamp, reciprocal, rsqrt, square } from "../ops/elementary.ts";
import { matmul } from "../ops/matmul.ts";
import { mean } from "../ops/mean.ts";
import { multiply } from "../ops/multiply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { descend } from "./descend.ts";
import type { Group, Kind, Parameters } from "./groupedOptimizer.ts";
import { sumSquares } from "./norms.ts";
import { expectNotNegative, expectOption } from "./optimizer.ts";
import { type Piece, TensorOptimizer } from "./tensorOptimizer.ts";

interface Options {
  /** The largest rate, before the parameter's own size is taken into account. */
  lr: number;
  /** At step t, a share t to this power of the new squares joins their mean. */
  beta2Decay: number;
  /** The least mean of squares, as a root, and the least size of a parameter that counts. */
  eps: readonly [number, number];
  /** The largest root mean square of an update. */
  d: number;
  weightDecay: number;
  maximize: boolean;
}

type Name = "row_var" | "col_var" | "variance";

export type AdafactorOptions = Partial<Options>;

/**
 * Remembers the squared gradients of a matrix by their means of rows and of columns alone, `rows + cols` numbers in place of
 * `rows · cols` (Shazeer and Stern 2018). PyTorch's defaults, for float32.
 */
export class Adafactor extends TensorOptimizer<Options, Name> {
  /** Throws `RANGE`. */
  constructor(params: Parameters<Options>, options: AdafactorOptions = {}) {
    super(kind, params, options, (shape) =>
      shape.length > 1
        ? [
            ["row_var", shape.with(-1, 1)],
            ["col_var", shape.with(-2, 1)],
          ]
        : [["variance", shape]],
    );
  }

  protected move({ param, grad, state }: Piece<Name>, group: Group<Options>, step: number): void {
    const { lr, beta2Decay, eps, d, weightDecay, maximize } = group;
    const share = step ** beta2Decay;
    const size = rootMeanSquare(param);
    const rate = Math.max(eps[1], size) * Math.min(lr, 1 / Math.sqrt(step));
    const [rows, cols, variance] = [state.get("row_var"), state.get("col_var"), state.get("variance")];
    const squares = rows && cols ? factored(grad, rows, cols, share, eps[0]) : whole(grad, variance!, share);
    const update = multiply(rsqrt(clamp(squares, { min: eps[0] ** 2 })), grad);
    const tooLarge = Math.max(1, rootMeanSquare(update) / d);
    descend({ param, grad: update }, { rate: rate / tooLarge, decay: lr * weightDecay, maximize });
  }
}

/** What the squares are taken to be, `[..., rows, cols]`: the product of their means along both axes, over the mean of all. */
function factored(grad: Tensor, rows: Tensor, cols: Tensor, share: number, eps: number): Tensor {
  const squares = square(grad);
  moveMean(rows, mean(squares, { axis: -1, keepdim: true }), share);
  moveMean(cols, mean(squares, { axis: -2, keepdim: true }), share);
  const overall = clamp(mean(rows, { axis: -2, keepdim: true }), { min: eps });
  return matmul(multiply(rows, reciprocal(overall)), cols);
}

function whole(grad: Tensor, variance: Tensor, share: number): Tensor {
  moveMean(variance, square(grad), share);
  return variance;
}

const moveMean = (mean: Tensor, towards: Tensor, share: number): void =>
  descend({ param: mean, grad: towards }, { rate: -share, decay: share });

const rootMeanSquare = (x: Tensor): number => Math.sqrt(sumSquares(x) / x.length);

const kind: Kind<Options> = {
  name: "Adafactor",
  defaults: { lr: 1e-2, beta2Decay: -0.8, eps: [2 ** -23, 1e-3], d: 1, weightDecay: 0, maximize: false },
  check(options) {
    const { beta2Decay, eps, d } = options;
    expectNotNegative("Adafactor", options, "lr", "weightDecay");
    expectOption("Adafactor", "beta2Decay", beta2Decay, beta2Decay <= 0, "at most 0");
    for (const least of eps) expectOption("Adafactor", "eps", least, least >= 0, "at least 0");
    expectOption("Adafactor", "d", d, d >= 1, "at least 1");
  },
};
