import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";

const {
  zeros,
  tensor,
  AdamW,
  Embedding,
  Linear,
  MultiheadAttention,
  SequenceClassifier,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} = fovea;

beforeAll(() => fovea.init());
afterAll(() => fovea.dispose());

const z = (...shape: number[]) => zeros(shape);
const flag = (...shape: number[]) => zeros(shape, { dtype: "bool" });
const leaf = (...shape: number[]) => zeros(shape, { requiresGrad: true });
const attention = () => new MultiheadAttention(6, 2);
const classifier = { vocabSize: 7, numClasses: 2, dModel: 6, numHeads: 2, numLayers: 1 };
const tokens = (...ids: number[]) => tensor(Int32Array.from(ids), [1, ids.length]);

/** A call, its code, and its text in full. */
const refused: Record<string, [call: () => unknown, code: fovea.ErrorCode, message: string][]> = {
  MultiheadAttention: [
    [() => new MultiheadAttention(6, 4), "SHAPE", "MultiheadAttention: embedDim must be a multiple of numHeads, got 6 and 4"],
    [() => new MultiheadAttention(6, 0), "SHAPE", "MultiheadAttention: embedDim must be a multiple of numHeads, got 6 and 0"],
    [() => new MultiheadAttention(6, 2, { dropout: 2 }), "RANGE", "MultiheadAttention: dropout must be from 0 to 1, got 2"],
    [
      () => attention().forward(z(2, 6), z(2, 6), z(2, 6)),
      "RANK",
      "MultiheadAttention: query must be [batch, length, width], got [2, 6]",
    ],
    [
      () => attention().forward(z(2, 3, 6), z(2, 5, 6), z(2, 5, 6), { keyPaddingMask: flag(2, 3) }),
      "SHAPE",
      "MultiheadAttention: keyPaddingMask must be [2, 5], got [2, 3]",
    ],
    [
      () => attention().forward(z(2, 3, 6), z(2, 5, 6), z(2, 5, 6), { attnMask: flag(2, 2, 3, 5) }),
      "RANK",
      "MultiheadAttention: attnMask must have 2 or 3 axes, got [2, 2, 3, 5]",
    ],
    [
      () => attention().forward(z(2, 3, 6), z(2, 5, 6), z(2, 5, 6), { attnMask: flag(2, 3, 5) }),
      "SHAPE",
      "MultiheadAttention: attnMask must be [4, 3, 5], got [2, 3, 5]",
    ],
    [
      () => attention().forward(z(2, 3, 6), z(2, 5, 6), z(2, 5, 6), { attnMask: zeros([3, 5], { dtype: "int32" }) }),
      "DTYPE",
      "MultiheadAttention: attnMask must be bool or float32, got int32",
    ],
  ],
  TransformerEncoder: [
    [
      () => new TransformerEncoder(new TransformerEncoderLayer(6, 2), 0),
      "RANGE",
      "TransformerEncoder: numLayers must be a whole number of at least 1, got 0",
    ],
  ],
  TransformerEncoderLayer: [
    [
      () => new TransformerEncoderLayer(6, 2, { activation: "tanh" as "relu" }),
      "RANGE",
      'TransformerEncoderLayer: activation must be one of relu, gelu, geluTanh, silu, swiglu, got "tanh"',
    ],
  ],
  GroupNorm: [[() => new fovea.GroupNorm(4, 6), "SHAPE", "GroupNorm: numGroups must divide numChannels, got 4 and 6"]],
  Conv1d: [
    [() => new fovea.Conv1d(5, 4, 3, { groups: 2 }), "SHAPE", "Conv1d: groups must divide the channels, 5 in and 4 out, got 2"],
  ],
  TransformerDecoder: [
    [
      () => new TransformerDecoder(new TransformerDecoderLayer(6, 2), 1.5),
      "RANGE",
      "TransformerDecoder: numLayers must be a whole number of at least 1, got 1.5",
    ],
    [
      () => new TransformerDecoderLayer(6, 2, { dropout: 0 }).forward(z(2, 3, 6), z(2, 5, 7)),
      "SHAPE",
      "packedProjection: the last axis of key must be embedDim = 6, got [2, 5, 7]",
    ],
  ],
  Transformer: [
    [
      () => new Transformer({ dModel: 6, numHeads: 4 }),
      "SHAPE",
      "MultiheadAttention: embedDim must be a multiple of numHeads, got 6 and 4",
    ],
    [
      () => new Transformer({ dModel: 6, numHeads: 2 }).forward(z(2, 3, 6), z(2, 4, 6), { srcLengths: [3, 4] }),
      "RANGE",
      "packedAttention: lengths must be whole numbers from 0 to 3, got 4 for item 1",
    ],
  ],
  Embedding: [[() => new Embedding(5, 3, { paddingIdx: 5 }), "RANGE", "Embedding: paddingIdx must be from -5 to 4, got 5"]],
  SequenceClassifier: [
    [
      () => new SequenceClassifier({ ...classifier, pooling: "last" as "mean" }),
      "RANGE",
      'SequenceClassifier: pooling must be one of mean, cls, max, attention, got "last"',
    ],
    [
      () => new SequenceClassifier(classifier).forward(tokens(1, 7)),
      "RANGE",
      "embedding: ids must be from 0 to 6 (vocab 7), got 7 at element 1",
    ],
    [
      () => new SequenceClassifier({ ...classifier, positional: fovea.learned(2) }).forward(tokens(1, 2, 3)),
      "RANGE",
      "learned: positions must be below maxLen = 2, got 2",
    ],
  ],
  loadStateDict: [
    [
      () => new Linear(3, 2).loadStateDict({ weight: z(2, 4), bais: z(2) }),
      "STATE",
      'loadStateDict: the state does not fit Linear: missing "bias"; "weight" must be [2, 3], got [2, 4]; unexpected "bais". Nothing was loaded.',
    ],
  ],
  AdamW: [
    [() => new AdamW([]), "RANGE", "AdamW: needs at least one parameter, got none"],
    [() => new AdamW([leaf(2)], { lr: -1 }), "RANGE", "AdamW: lr must be at least 0, got -1"],
    [() => new AdamW([leaf(2)], { betas: [0.9, 1] }), "RANGE", "AdamW: betas must be from 0 and below 1, got 1"],
    [() => new AdamW([leaf(2)], { eps: Number.NaN }), "RANGE", "AdamW: eps must be at least 0, got NaN"],
    [() => new AdamW([z(2)]), "RANGE", "AdamW: needs at least one parameter that requires a gradient, got 1 frozen"],
    [() => new AdamW([fovea.scale(leaf(2), 2)]), "RANGE", "AdamW: parameter 0 [2] must be a leaf, got the result of an op"],
  ],
  optimizers: [
    [() => new fovea.SGD([leaf(2)], { nesterov: true }), "RANGE", "SGD: momentum must be above 0 with nesterov, got 0"],
    [() => new fovea.Muon([leaf(2)]), "RANK", "Muon: parameters must be [rows, cols], got [2]; give others to AdamW"],
    [() => new fovea.Adafactor([leaf(2)], { d: 0 }), "RANGE", "Adafactor: d must be at least 1, got 0"],
    [() => new fovea.RMSprop([leaf(2)], { alpha: 2 }), "RANGE", "RMSprop: alpha must be from 0 to 1, got 2"],
    [
      () => new fovea.Lion([leaf(2)]).loadStateDict({ step: 0, groups: [{ lr: 1 }], tensors: new Map() }),
      "STATE",
      "Lion: betas of group 0 must be of type object, got undefined",
    ],
    [
      () => new fovea.Lion([leaf(2)]).loadStateDict({ ...new fovea.Lion([leaf(2)]).stateDict(), tensors: new Map() }),
      "STATE",
      "Lion: 0.exp_avg must be float32 [2], got nothing",
    ],
  ],
  clipGradNorm: [
    [() => fovea.clipGradNorm([leaf(2)], -1), "RANGE", "clipGradNorm: maxNorm must be at least 0, got -1"],
    [() => fovea.clipGradNorm([leaf(2)], 1, { normType: 0 }), "RANGE", "clipGradNorm: normType must be above 0, got 0"],
    [() => fovea.clipGradValue([leaf(2)], -1), "RANGE", "clipGradValue: clipValue must be at least 0, got -1"],
  ],
  schedules: [
    [
      () => fovea.sequentialLR([fovea.linearLR()], { milestones: [3] }),
      "RANGE",
      "sequentialLR: needs a milestone between each two schedules, got 1 for 1",
    ],
    [() => fovea.warmupCosine({ warmupRatio: 2 }), "RANGE", "warmupCosine: warmupRatio must be from 0 to 1, got 2"],
    [() => fovea.warmupLinear({ warmupSteps: -1 }), "RANGE", "warmupLinear: warmupSteps must be at least 0, got -1"],
  ],
};

for (const [name, calls] of Object.entries(refused)) {
  describe(name, () => {
    test.each(calls.map(([call, code, message]) => ({ call, code, message })))("$message", ({ call, code, message }) => {
      fovea.scope(() => expect(call).toThrow(expect.objectContaining({ name: "FoveaError", code, message })));
    });
  });
}

test("loadStateDict changes nothing when it refuses", () => {
  fovea.scope(() => {
    const layer = new Linear(3, 2);
    const before = layer.weight.toArray();
    expect(() => layer.loadStateDict({ weight: fovea.ones([2, 3]), bias: z(3) })).toThrow("Nothing was loaded");
    expect(layer.weight.toArray()).toEqual(before);
    layer.dispose();
  });
});

test("without init everything says so", async () => {
  await fovea.dispose();
  const state = expect.objectContaining({ code: "STATE" });
  expect(() => z(2)).toThrow(state);
  expect(() => z(2)).toThrow("memory: there is none before init() and after dispose(); call await init() first");
  expect(() => fovea.runtime.memory).toThrow(
    "runtime: nothing is running before init() and after dispose(); call await init() first",
  );
  await fovea.init();
});
