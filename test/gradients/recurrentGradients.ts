import { reference } from "../../ts/reference/index.ts";
import { float32Values, random } from "../harness/random.ts";
import type { Differentiable } from "./centralDifferences.ts";

const [TANH, RELU, LSTM, GRU] = [0, 1, 2, 3];
const sizes = { batch: 4, rows: 9, hidden: 3 };
const lengths = new Int32Array([2, 0, 6, 1]);

/** Each cell, both ways; the first states given or not. */
export const recurrentGradients: Record<string, () => Differentiable> = {
  tanh: () => recurrent(TANH, 1),
  ReLU: () => recurrent(RELU, 1),
  LSTM: () => recurrent(LSTM, 4),
  GRU: () => recurrent(GRU, 3),
  "tanh in reverse": () => recurrent(TANH, 1, { reverse: true }),
  "LSTM in reverse": () => recurrent(LSTM, 4, { reverse: true }),
  "GRU in reverse": () => recurrent(GRU, 3, { reverse: true }),
  "LSTM from 0": () => recurrent(LSTM, 4, { states: false }),
  "GRU from 0": () => recurrent(GRU, 3, { states: false }),
};

function recurrent(cell: number, numGates: number, { reverse = false, states = true } = {}): Differentiable {
  const dims = { ...sizes, cell, numGates, reverse };
  const { batch, rows, hidden } = dims;
  const width = numGates * hidden;
  const draw = (length: number, seed: number) => {
    const rng = random(seed);
    return float32Values(length, () => rng.normal());
  };
  const [a, weight] = [draw(rows * width, 1), draw(width * hidden, 2)];
  const h0 = states ? draw(batch * hidden, 3) : null;
  const c0 = states && cell === LSTM ? draw(batch * hidden, 4) : null;
  const [out, cells] = [new Float64Array(rows * hidden), new Float64Array(rows * hidden)];
  let gates = a;
  return {
    inputs: { a, weight, ...(h0 && { h0 }), ...(c0 && { c0 }) },
    forward() {
      gates = a.slice();
      const [hn, cn] = [new Float64Array(batch * hidden), new Float64Array(batch * hidden)];
      reference.recurrentForward({ ...dims, gates, weight, h0, c0, lengths, out, cells, hn, cn });
      return cell === LSTM ? [out.slice(), hn, cn] : [out.slice(), hn];
    },
    backward([dOut, dHn, dCn]) {
      const [dGates, dProducts] = [new Float64Array(rows * width), new Float64Array(rows * width)];
      const before = new Float64Array(rows * hidden);
      const [dH0, dC0] = [h0?.map(() => Number.NaN), c0?.map(() => Number.NaN)];
      const grads = { dGates, dProducts, before, dH0, dC0 };
      reference.recurrentBackward({ ...dims, gates, weight, h0, c0, lengths, out, cells, dOut, dHn, dCn, ...grads });
      const dWeight = weight.map((_, i) => {
        const [g, j] = [Math.floor(i / hidden), i % hidden];
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += dProducts[row * width + g]! * before[row * hidden + j]!;
        return sum;
      });
      return { a: dGates, weight: dWeight, ...(dH0 && { h0: dH0 }), ...(dC0 && { c0: dC0 }) };
    },
  };
}
