import { Conv1d, Conv2d } from "../../ts/nn/conv.ts";
import { Embedding } from "../../ts/nn/embedding.ts";
import { GroupNorm } from "../../ts/nn/groupNorm.ts";
import { LayerNorm } from "../../ts/nn/layerNorm.ts";
import { Linear } from "../../ts/nn/linear.ts";
import type { Module } from "../../ts/nn/module.ts";
import { RMSNorm } from "../../ts/nn/rmsNorm.ts";
import { elu, leakyRelu, mish, sigmoid, silu, softplus, tanh } from "../../ts/ops/activations.ts";
import { gelu } from "../../ts/ops/gelu.ts";
import { glu } from "../../ts/ops/glu.ts";
import { logSoftmax } from "../../ts/ops/logSumExp.ts";
import { normalize } from "../../ts/ops/normalize.ts";
import { relu } from "../../ts/ops/relu.ts";
import { softmax } from "../../ts/ops/softmax.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients, loadParameters, parameterGradients } from "./modules.ts";

interface LayerCase extends GoldenCase {
  module: string | null;
  function: string | null;
  constructor: Record<string, unknown>;
  call: Record<string, unknown>;
}

type Options = Record<string, never>;

const modules: Record<string, (options: Record<string, unknown>) => Module & { forward(x: Tensor): Tensor }> = {
  RMSNorm: ({ normalizedShape, ...options }) => new RMSNorm(normalizedShape as number | number[], options as Options),
  GroupNorm: ({ numGroups, numChannels, ...options }) =>
    new GroupNorm(numGroups as number, numChannels as number, options as Options),
  Conv1d: ({ inChannels, outChannels, kernelSize, ...options }) =>
    new Conv1d(inChannels as number, outChannels as number, kernelSize as number, options as Options),
  Conv2d: ({ inChannels, outChannels, kernelSize, ...options }) =>
    new Conv2d(inChannels as number, outChannels as number, kernelSize as number, options as Options),
  LayerNorm: ({ normalizedShape, ...options }) => new LayerNorm(normalizedShape as number | number[], options as Options),
  Linear: ({ inFeatures, outFeatures, ...options }) =>
    new Linear(inFeatures as number, outFeatures as number, options as Options),
  Embedding: ({ numEmbeddings, embeddingDim, ...options }) =>
    new Embedding(numEmbeddings as number, embeddingDim as number, options as Options),
};

const functions: Record<string, (x: Tensor, options: Record<string, unknown>) => Tensor> = {
  gelu: (x, options) => gelu(x, options as Options),
  relu: (x) => relu(x),
  silu: (x) => silu(x),
  tanh: (x) => tanh(x),
  sigmoid: (x) => sigmoid(x),
  mish: (x) => mish(x),
  softplus: (x, options) => softplus(x, options as Options),
  elu: (x, options) => elu(x, options as Options),
  leaky_relu: (x, options) => leakyRelu(x, camelCase(options) as Options),
  glu: (x, { dim }) => (dim === undefined ? glu(x) : glu(x, { axis: dim as number })),
  normalize: (x, { dim }) => normalize(x, { axis: dim as number }),
  log_softmax: (x, { dim }) => logSoftmax(x, { axis: dim as number }),
  softmax: (x, { dim }) => softmax(x, { axis: dim as number }),
};

testGoldens<LayerCase>("layers", [], (each, goldens) => (each.module ? ofModule(each, goldens) : ofFunction(each, goldens)));

function ofModule({ module: name, constructor: given }: LayerCase, goldens: Goldens): Record<string, Tensor> {
  const module = modules[name!]!(camelCase(given));
  loadParameters(module, goldens);
  const input = name === "Embedding" ? "ids" : "x";
  const x = goldens.tensor(`input.${input}`);
  const out = module.forward(x);
  out.backward(goldens.tensor("gradOutput.out"));
  return { "output.out": out, ...inputGradients({ [input]: x }), ...parameterGradients(module) };
}

function ofFunction({ function: name, call }: LayerCase, goldens: Goldens): Record<string, Tensor> {
  const x = goldens.tensor("input.x");
  const out = functions[name!]!(x, call);
  out.backward(goldens.tensor("gradOutput.out"));
  return { "output.out": out, ...inputGradients({ x }) };
}
