import { concat, packPadded, padPacked, type RecurrentLayerOptions, recurrentLayer, scale } from "../../ts/ops/index.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { awayFromZero, leaf } from "./leaves.ts";
import type { Checks } from "./opChecks.ts";

const [inputSize, hiddenSize] = [3, 5];
const lengths = [2, 0, 4];
const numGates = { tanh: 1, relu: 1, gru: 3, lstm: 4 };

type Which = "out" | "hn" | "cn";

/** Every input of a layer, and those results of it that are used. */
const layer =
  (cell: RecurrentLayerOptions["cell"], uses: readonly Which[], options: Partial<RecurrentLayerOptions> = {}): Checks[string] =>
  () => {
    const width = numGates[cell] * hiddenSize;
    const inputs = [
      ...[leaf([6, inputSize]), leaf([width, inputSize], 2, 0.5), leaf([width, hiddenSize], 3, 0.4)],
      ...[leaf([width], 4, 0.5), leaf([width], 5, 0.5), leaf([lengths.length, hiddenSize], 6)],
      ...(cell === "lstm" ? [leaf([lengths.length, hiddenSize], 7)] : []),
    ];
    const run = (x: Tensor, weightIh: Tensor, weightHh: Tensor, biasIh: Tensor, biasHh: Tensor, h0: Tensor, c0?: Tensor) => {
      const results = recurrentLayer(x, { weightIh, weightHh, biasIh, biasHh }, { cell, lengths, h0, c0, ...options });
      return concat(uses.map((name) => results[name]!));
    };
    return [run as (...inputs: Tensor[]) => Tensor, ...inputs];
  };

const [weightIh, weightHh] = [() => leaf([20, inputSize], 2, 0.5), () => leaf([20, hiddenSize], 3, 0.4)];

export const recurrentChecks: Record<string, Checks> = {
  packPadded: {
    "lengths, one of them 0": () => [(x) => packPadded(x, [2, 0, 3]), leaf([3, 4, 5])],
    "no padding": () => [(x) => scale(packPadded(x, [2, 2]), 2), leaf([2, 2, 5])],
  },
  padPacked: {
    "lengths, one of them 0": () => [(rows) => padPacked(rows, [2, 0, 3], 4), leaf([5, 3])],
    "no padding": () => [(rows) => scale(padPacked(rows, [2, 2], 2), 2), leaf([4, 3])],
  },
  recurrentLayer: {
    tanh: layer("tanh", ["out", "hn"]),
    lstm: layer("lstm", ["out", "hn", "cn"]),
    gru: layer("gru", ["out", "hn"]),
    "lstm in reverse": layer("lstm", ["out", "hn", "cn"], { reverse: true }),
    "gru in reverse": layer("gru", ["out", "hn"], { reverse: true }),
    "the last state alone": layer("lstm", ["hn"]),
    "the last cell alone": layer("lstm", ["cn"]),
    "states alone, gru": layer("gru", ["out"]),
    "weights without biases and states": () => [
      (x, ih, hh) => recurrentLayer(x!, { weightIh: ih!, weightHh: hh! }, { cell: "lstm", lengths: [4, 2] }).out,
      ...[leaf([6, inputSize]), weightIh(), weightHh()],
    ],
    "x alone": () => [
      (x) => recurrentLayer(x, { weightIh: weightIh().detach(), weightHh: weightHh().detach() }, { cell: "lstm", lengths }).out,
      leaf([6, inputSize]),
    ],
    "relu, away from its corner": () => [
      (x, bias) => {
        const weights = { weightIh: leaf([5, 3], 2, 0.02).detach(), weightHh: leaf([5, 5], 3, 0.02).detach(), biasIh: bias! };
        return recurrentLayer(x!, weights, { cell: "relu", lengths }).out;
      },
      ...[leaf([6, inputSize], 1, 0.5), awayFromZero([5], 4)],
    ],
  },
};
