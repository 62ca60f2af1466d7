import { type Grads, recordMany } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { gradEnabled } from "../tensor/gradMode.ts";
import { expectAxes, expectShape, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { countFlops } from "./flops.ts";
import { lengthsTensor } from "./lengths.ts";
import { rowsOf } from "./packPadded.ts";
import { product } from "./product.ts";

/** The kernels' numbers for what a step computes, and how many gates that has. */
const CELLS = {
  tanh: { cell: 0, numGates: 1 },
  relu: { cell: 1, numGates: 1 },
  lstm: { cell: 2, numGates: 4 },
  gru: { cell: 3, numGates: 3 },
} as const;

export type RecurrentCellKind = keyof typeof CELLS;

/** PyTorch's parameters of one layer in one direction, its gates one below the other: LSTM i, f, g, o; GRU r, z, n. */
export interface RecurrentWeights {
  /** `[numGates · hiddenSize, inputSize]` */
  readonly weightIh: Tensor;
  /** `[numGates · hiddenSize, hiddenSize]` */
  readonly weightHh: Tensor;
  /** `[numGates · hiddenSize]` */
  readonly biasIh?: Tensor | null;
  readonly biasHh?: Tensor | null;
}

export interface RecurrentLayerOptions {
  cell: RecurrentCellKind;
  /** Steps of each item; together the rows of `x`. */
  lengths: ArrayLike<number>;
  /** Walk each item from its last step to its first. */
  reverse?: boolean;
  /** The first state, `[batch, hiddenSize]`; 0 if left out. */
  h0?: Tensor | null | undefined;
  /** The same for the LSTM's cell. */
  c0?: Tensor | null | undefined;
}

export interface RecurrentLayerResult {
  /** The state after each row, `[rows, hiddenSize]`. */
  out: Tensor;
  /** Each item's last state, `[batch, hiddenSize]`: its first if it has no steps. */
  hn: Tensor;
  /** The same for the LSTM's cell. */
  cn?: Tensor;
}

/**
 * One layer of a recurrent network in one direction: `x [rows, inputSize]`, the steps of item after item as `packPadded` gives
 * them. `a = x · W_ihᵀ + b_ih` is one product for all steps; then, step by step, `u = h · W_hhᵀ + b_hh` and
 *
 *     tanh, relu    h = tanh(a + u)
 *     lstm          i, f, o = σ(a + u)    g = tanh(a + u)    c = f c + i g    h = o tanh(c)    (Hochreiter and Schmidhuber 1997)
 *     gru           r, z = σ(a + u)       n = tanh(a + r u)  h = (1 − z) n + z h               (Cho et al. 2014)
 *
 * The loop over time is one kernel, and so is its way back; gradients of weights are products over all rows. Saved are the
 * activated gates, the states, and one more vector a row for LSTM and GRU.
 *
 * Throws `SHAPE`, `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function recurrentLayer(x: Tensor, weights: RecurrentWeights, options: RecurrentLayerOptions): RecurrentLayerResult {
  const { weightIh, weightHh, biasIh = null, biasHh = null } = weights;
  const { cell, reverse = false, h0 = null, c0 = null } = options;
  const dims = layerDims(x, weights, options);
  const { rows, batch, hidden, width } = dims;
  const inputs = [x, weightIh, weightHh, biasIh, biasHh, h0, c0];
  const wanted = gradEnabled() && inputs.some((input) => input?.requiresGrad);
  const lengths = lengthsTensor("recurrentLayer", options.lengths, rows);

  const gates = empty([rows, width]);
  product({ a: x, b: weightIh, bias: biasIh, out: gates, m: rows, n: width, k: dims.inputSize, transposeB: true });
  const out = empty([rows, hidden]);
  const cells = wanted && (cell === "lstm" || cell === "gru") ? empty([rows, hidden]) : null;
  const hn = empty([batch, hidden]);
  const cn = cell === "lstm" ? empty([batch, hidden]) : null;
  const layer = { ...CELLS[cell], weight: weightHh, h0, c0, lengths, reverse, batch, rows, hidden };
  countFlops(2 * rows * width * hidden);
  kernels.recurrentForward({ ...layer, gates, bias: biasHh, out, cells, hn, cn });

  const saved = [x, weightIh, weightHh, h0, c0, lengths, gates, out, cells].filter((tensor) => tensor !== null);
  recordMany(cn ? [out, hn, cn] : [out, hn], inputs, saved, ([dOut, dHn, dCn], grads) => {
    const dGates = empty(gates.shape);
    // What is not asked for is not computed: of all but a GRU the gradient of u is that of a.
    const dProducts = cell === "gru" && (grads.wants(2) || grads.wants(4)) ? empty(gates.shape) : null;
    const before = grads.wants(2) ? empty(out.shape) : null;
    const dH0 = placeFor(grads, 5);
    const dC0 = placeFor(grads, 6);
    const forward = { ...layer, gates, out, cells };
    kernels.recurrentBackward({ ...forward, dOut, dHn, dCn, dGates, dProducts, before, dH0, dC0 });
    return [...parameterGradients(dims, x, weightIh, { dGates, dProducts: dProducts ?? dGates, before }, grads), dH0, dC0];
  });
  for (const temporary of [lengths, gates, cells]) temporary?.dispose(); // the tape has its own shares
  return cn ? { out, hn, cn } : { out, hn };
}

interface LayerDims {
  readonly rows: number;
  readonly batch: number;
  readonly inputSize: number;
  readonly hidden: number;
  /** `numGates · hidden` */
  readonly width: number;
}

interface RowGradients {
  readonly dGates: Tensor;
  readonly dProducts: Tensor;
  readonly before: Tensor | null;
}

/** Of x, both weights and both biases: products and sums over all rows. */
function parameterGradients(
  { rows, inputSize, hidden, width }: LayerDims,
  x: Tensor,
  weightIh: Tensor,
  { dGates, dProducts, before }: RowGradients,
  grads: Grads,
): (Tensor | null)[] {
  const dX = placeFor(grads, 0);
  const dWeightIh = placeFor(grads, 1);
  const dWeightHh = placeFor(grads, 2);
  const dBiasIh = placeFor(grads, 3);
  const dBiasHh = placeFor(grads, 4);
  if (dX) product({ a: dGates, b: weightIh, out: dX, m: rows, n: inputSize, k: width });
  if (dWeightIh) product({ a: dGates, b: x, out: dWeightIh, m: width, n: inputSize, k: rows, transposeA: true });
  if (dWeightHh) product({ a: dProducts, b: before!, out: dWeightHh, m: width, n: hidden, k: rows, transposeA: true });
  if (dBiasIh) kernels.sumRows({ x: dGates, out: dBiasIh, rows, cols: width });
  if (dBiasHh && dBiasIh && dProducts === dGates) kernels.copy({ x: dBiasIh, out: dBiasHh, n: width });
  else if (dBiasHh) kernels.sumRows({ x: dProducts, out: dBiasHh, rows, cols: width });
  return [dX, dWeightIh, dWeightHh, dBiasIh, dBiasHh];
}

function placeFor(grads: Grads, i: number): Tensor | null {
  return grads.wants(i) ? grads.empty(i) : null;
}

function layerDims(x: Tensor, weights: RecurrentWeights, options: RecurrentLayerOptions): LayerDims {
  const op = "recurrentLayer";
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const { cell, lengths, h0, c0 } = options;
  if (!Object.hasOwn(CELLS, cell))
    throw new FoveaError("RANGE", `${op}: cell must be "tanh", "relu", "lstm" or "gru", got ${JSON.stringify(cell)}`);
  expectFloat(op, { x, weightIh, weightHh, biasIh, biasHh, h0, c0 });
  expectAxes(op, { x }, ["rows", "inputSize"]);
  expectAxes(op, { weightHh }, ["numGates · hiddenSize", "hiddenSize"]);
  const [rows, inputSize] = x.shape as [number, number];
  const hidden = weightHh.shape[1]!;
  const width = CELLS[cell].numGates * hidden;
  if (hidden === 0) throw new FoveaError("SHAPE", `${op}: hiddenSize must be at least 1, got ${formatShape(weightHh.shape)}`);
  expectShape(op, { weightIh }, [width, inputSize]);
  expectShape(op, { weightHh }, [width, hidden]);
  expectShape(op, { biasIh, biasHh }, [width]);
  const batch = lengths.length;
  expectShape(op, { h0, c0 }, [batch, hidden]);
  if (c0 && cell !== "lstm") throw new FoveaError("RANGE", `${op}: c0 is the LSTM's, got one for cell "${cell}"`);
  if (rowsOf(lengths) !== rows)
    throw new FoveaError(
      "SHAPE",
      `${op}: x must have as many rows as the lengths add up to, ${rowsOf(lengths)}, got ${formatShape(x.shape)}`,
    );
  return { rows, batch, inputSize, hidden, width };
}
