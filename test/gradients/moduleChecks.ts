import * as fovea from "../../ts/index.ts";
import { awayFromZero, int32, leaf } from "./leaves.ts";

type Tensor = fovea.Tensor;

/** A module and a call of it; every parameter and every input that wants a gradient is checked. */
export interface ModuleCheck {
  module: fovea.Module;
  inputs: Tensor[];
  run: () => Tensor;
}

type OneInput = fovea.Module & { forward(x: Tensor): Tensor };

const ofOne = (module: OneInput, x: Tensor): ModuleCheck => ({ module, inputs: [x], run: () => module.forward(x) });

/** `out` of modules that give more than one result. */
const outOf = <M extends fovea.Module>(module: M, inputs: Tensor[], call: (module: M) => { out: Tensor }): ModuleCheck => ({
  ...{ module, inputs },
  run: () => call(module).out,
});

type TwoInputs = fovea.Module & { forward(x: Tensor, target: Tensor): Tensor };

const ofLoss = (module: TwoInputs, x: Tensor, target: Tensor): ModuleCheck => ({
  ...{ module, inputs: [x], run: () => module.forward(x, target) },
});

const chances = (): Tensor => fovea.softmax(leaf([3, 4])).detach();
const encoderLayer = () => new fovea.TransformerEncoderLayer(6, 2, { dimFeedforward: 5, dropout: 0, activation: "gelu" });
const decoderLayer = () => new fovea.TransformerDecoderLayer(6, 2, { dimFeedforward: 5, dropout: 0, activation: "silu" });
const words = () => leaf([2, 4, 6]);

/** Every module that is exported. */
export const moduleChecks: Record<string, () => ModuleCheck> = {
  AttentionPool: () => ofOne(new fovea.AttentionPool(6, { numHeads: 2 }), words()),
  BahdanauAttention: () => {
    const [query, keys] = [leaf([2, 3]), leaf([2, 4, 5], 2)];
    return outOf(new fovea.BahdanauAttention(3, 5, 4), [query, keys], (module) => module.forward(query, keys));
  },
  BCELoss: () => {
    const x = fovea.sigmoid(leaf([3, 4])).detach();
    x.requiresGrad = true;
    return ofLoss(new fovea.BCELoss(), x, chances());
  },
  BCEWithLogitsLoss: () => ofLoss(new fovea.BCEWithLogitsLoss(), leaf([3, 4]), chances()),
  Conv1d: () => ofOne(new fovea.Conv1d(3, 4, 2), leaf([2, 3, 5])),
  Conv2d: () => ofOne(new fovea.Conv2d(2, 3, 2, { padding: 1 }), leaf([1, 2, 3, 4])),
  CosineEmbeddingLoss: () => {
    const [a, b, module] = [leaf([3, 4]), leaf([3, 4], 2), new fovea.CosineEmbeddingLoss({ margin: -0.9 })];
    return { module, inputs: [a, b], run: () => module.forward(a, b, int32([1, -1, 1])) };
  },
  CrossEntropyLoss: () => ofLoss(new fovea.CrossEntropyLoss({ labelSmoothing: 0.1 }), leaf([3, 5]), int32([1, 0, 4])),
  CTCLoss: () => {
    const [x, module] = [leaf([2, 6, 4]), new fovea.CTCLoss()];
    return { module, inputs: [x], run: () => module.forward(x, int32([1, 1, 2, 3], [2, 2])) };
  },
  Dropout: () => {
    const [x, module] = [leaf([3, 5]), new fovea.Dropout(0.3)];
    return {
      ...{ module, inputs: [x] },
      run: () => {
        fovea.manualSeed(3); // the same elements each time
        return module.forward(x);
      },
    };
  },
  Embedding: () => {
    const module = new fovea.Embedding(5, 3);
    return { module, inputs: [], run: () => module.forward(int32([1, 4, 1])) };
  },
  FirstPool: () => ofOne(new fovea.FirstPool(), words()),
  GELU: () => ofOne(new fovea.GELU(), leaf([3, 5])),
  GLU: () => ofOne(new fovea.GLU(), leaf([3, 6])),
  GroupNorm: () => ofOne(new fovea.GroupNorm(2, 4), leaf([2, 4, 3])),
  GRU: () => recurrent(new fovea.GRU(3, 4, { bidirectional: true })),
  GRUCell: () => cell(new fovea.GRUCell(3, 4)),
  HuberLoss: () => ofLoss(new fovea.HuberLoss(), awayFromZero([3, 4]), fovea.zeros([3, 4])),
  Identity: () => {
    const [x, module] = [leaf([3, 5]), new fovea.Identity()];
    return { module, inputs: [x], run: () => fovea.square(module.forward(x)) };
  },
  InfoNCE: () => {
    const [query, key, module] = [leaf([4, 5]), leaf([4, 5], 2), new fovea.InfoNCE({ temperature: 0.5 })];
    return { module, inputs: [query, key], run: () => module.forward(query, key) };
  },
  KLDivLoss: () => ofLoss(new fovea.KLDivLoss(), leaf([3, 4]), chances()),
  L1Loss: () => ofLoss(new fovea.L1Loss(), awayFromZero([3, 4]), fovea.zeros([3, 4])),
  LayerNorm: () => ofOne(new fovea.LayerNorm(5), leaf([3, 5])),
  Linear: () => ofOne(new fovea.Linear(5, 4), leaf([3, 5])),
  LoRA: () => ofOne(new fovea.LoRA(5, 4, { rank: 2 }), leaf([3, 5])),
  LSTM: () => recurrent(new fovea.LSTM(3, 4, { numLayers: 2 })),
  LSTMCell: () => cell(new fovea.LSTMCell(3, 4)),
  LuongAttention: () => {
    const [query, keys] = [leaf([2, 3]), leaf([2, 4, 5], 2)];
    return outOf(new fovea.LuongAttention(3, 5), [query, keys], (module) => module.forward(query, keys));
  },
  MaxPool: () => ofOne(new fovea.MaxPool(), words()),
  MeanPool: () => ofOne(new fovea.MeanPool(), words()),
  MSELoss: () => ofLoss(new fovea.MSELoss(), leaf([3, 4]), chances()),
  MultiheadAttention: () => {
    const [query, key, value] = [leaf([2, 3, 6]), leaf([2, 4, 5], 2), leaf([2, 4, 7], 3)];
    const module = new fovea.MultiheadAttention(6, 2, { kdim: 5, vdim: 7, addBiasKv: true, qkNorm: true });
    return outOf(module, [query, key, value], () => module.forward(query, key, value, { mask: fovea.lengths([4, 2]) }));
  },
  NLLLoss: () => ofLoss(new fovea.NLLLoss(), leaf([3, 5]), int32([1, 0, 4])),
  Positional: () => ofOne(new fovea.Positional(fovea.learned(7), { embedDim: 6, numHeads: 2, headDim: 3 }), words()),
  ReLU: () => ofOne(new fovea.ReLU(), awayFromZero([3, 5])),
  RMSNorm: () => ofOne(new fovea.RMSNorm(5), leaf([3, 5])),
  RNN: () => recurrent(new fovea.RNN(3, 4)),
  RNNCell: () => cell(new fovea.RNNCell(3, 4)),
  Sequential: () => ofOne(new fovea.Sequential(new fovea.Linear(5, 4), new fovea.Tanh()), leaf([3, 5])),
  Sigmoid: () => ofOne(new fovea.Sigmoid(), leaf([3, 5])),
  SiLU: () => ofOne(new fovea.SiLU(), leaf([3, 5])),
  SmoothL1Loss: () => ofLoss(new fovea.SmoothL1Loss({ beta: 0.1 }), awayFromZero([3, 4]), fovea.zeros([3, 4])),
  SwiGLU: () => ofOne(new fovea.SwiGLU(5, 4), leaf([3, 5])),
  Tanh: () => ofOne(new fovea.Tanh(), leaf([3, 5])),
  TripletMarginLoss: () => {
    const [anchor, positive, negative] = [leaf([3, 5]), leaf([3, 5], 2), leaf([3, 5], 3)];
    const module = new fovea.TripletMarginLoss({ margin: 5 });
    return { module, inputs: [anchor, positive, negative], run: () => module.forward(anchor, positive, negative) };
  },
  Transformer: () => {
    const sizes = { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 5, dropout: 0 };
    const module = new fovea.Transformer({ dModel: 6, numHeads: 2, ...sizes, activation: "gelu" });
    const [src, tgt] = [words(), leaf([2, 3, 6], 2)];
    return { module, inputs: [src, tgt], run: () => module.forward(src, tgt, { tgtIsCausal: true }) };
  },
  TransformerDecoder: () => {
    const [tgt, memory, module] = [words(), leaf([2, 3, 6], 2), new fovea.TransformerDecoder(decoderLayer(), 2)];
    return { module, inputs: [tgt, memory], run: () => module.forward(tgt, memory, { tgtIsCausal: true }) };
  },
  TransformerDecoderLayer: () => {
    const [tgt, memory, module] = [words(), leaf([2, 3, 6], 2), decoderLayer()];
    return { module, inputs: [tgt, memory], run: () => module.forward(tgt, memory) };
  },
  TransformerEncoder: () => ofOne(new fovea.TransformerEncoder(encoderLayer(), 2, { norm: new fovea.LayerNorm(6) }), words()),
  TransformerEncoderLayer: () => ofOne(encoderLayer(), words()),
  TransformerXL: () => {
    const options = { dimFeedforward: 5, dropout: 0, activation: "gelu" } as const;
    const layer = new fovea.TransformerEncoderLayer(6, 2, { ...options, positional: fovea.xlRelative() });
    const [x, module] = [words(), new fovea.TransformerXL(layer, 1, { memoryLen: 3 })];
    return outOf(module, [x], () => module.forward(x, { isCausal: true }));
  },
};

function recurrent(module: fovea.LSTM | fovea.GRU | fovea.RNN): ModuleCheck {
  const x = leaf([2, 4, 3]);
  return { module, inputs: [x], run: () => module.forward(x, { lengths: [4, 2] }).out };
}

function cell(module: fovea.LSTMCell | fovea.GRUCell | fovea.RNNCell): ModuleCheck {
  const [x, h] = [leaf([2, 3]), leaf([2, 4], 2)];
  return { module, inputs: [x, h], run: () => module.forward(x, { h }).h };
}
