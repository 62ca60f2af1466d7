import { GRU } from "../../ts/nn/gru.ts";
import { LSTM } from "../../ts/nn/lstm.ts";
import { RNN, type RNNOptions } from "../../ts/nn/rnn.ts";
import { add } from "../../ts/ops/add.ts";
import { multiply } from "../../ts/ops/multiply.ts";
import { sum } from "../../ts/ops/sum.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type GoldenCase, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients, loadParameters, parameterGradients } from "./modules.ts";

interface RecurrentCase extends GoldenCase {
  module: string;
  dims: { inputSize: number; hiddenSize: number };
  constructor: Record<string, unknown>;
  lengths: number[] | null;
}

const modules: Record<string, (inputSize: number, hiddenSize: number, options: RNNOptions) => LSTM | GRU | RNN> = {
  LSTM: (...args) => new LSTM(...args),
  GRU: (...args) => new GRU(...args),
  RNN: (...args) => new RNN(...args),
};

testGoldens<RecurrentCase>("recurrent", [], ({ module: name, dims, constructor: given, lengths }, goldens) => {
  const module = modules[name]!(dims.inputSize, dims.hiddenSize, camelCase(given) as RNNOptions);
  loadParameters(module, goldens);
  const x = goldens.tensor("input.x");
  const [h0, c0] = ["input.h0", "input.c0"].map((name) => (goldens.has(name) ? goldens.tensor(name) : null));
  const results: Record<string, Tensor> = { ...module.forward(x, { lengths, h0, c0 }) };
  Object.entries(results)
    .map(([name, result]) => sum(multiply(result, goldens.tensor(`gradOutput.${name}`))))
    .reduce((total, part) => add(total, part))
    .backward();
  return {
    ...Object.fromEntries(Object.entries(results).map(([name, result]) => [`output.${name}`, result])),
    ...inputGradients({ x, h0: h0!, c0: c0! }),
    ...parameterGradients(module),
  };
});
