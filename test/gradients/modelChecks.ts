import * as fovea from "../../ts/index.ts";
import { int32, leaf } from "./leaves.ts";
import type { ModuleCheck } from "./moduleChecks.ts";

const sizes = { vocabSize: 7, dModel: 6, numHeads: 2, numLayers: 1, dimFeedforward: 5, dropout: 0 };
const ids = () => int32([1, 4, 1, 2, 6, 3], [2, 3]);

type OfIds = fovea.Module & { forward(ids: fovea.Tensor, call: { lengths: number[] }): fovea.Tensor };
const ofIds = (module: OfIds): ModuleCheck => ({ module, inputs: [], run: () => module.forward(ids(), { lengths: [3, 2] }) });

/** Every model that is exported, and what is in them alone. */
export const modelChecks: Record<string, () => ModuleCheck> = {
  AdaptiveEmbedding: () => {
    const module = new fovea.AdaptiveEmbedding(7, 6, { cutoffs: [3, 5], divValue: 2 });
    return { module, inputs: [], run: () => module.forward(ids()) };
  },
  AdaptiveSoftmax: () => {
    const embedding = new fovea.AdaptiveEmbedding(7, 6, { cutoffs: [3, 5], divValue: 2 });
    const [module, x] = [new fovea.AdaptiveSoftmax(embedding, { ownProjections: [true] }), leaf([2, 6])];
    return { module, inputs: [x], run: () => module.forward(x) };
  },
  LanguageModel: () => ofIds(new fovea.LanguageModel({ ...sizes, headDim: 4, norm: "rms", activation: "swiglu" })),
  MaskedLanguageModel: () =>
    ofIds(new fovea.MaskedLanguageModel({ ...sizes, embedDim: 4, numLayers: 2, numDistinctLayers: 1, embeddingStd: 1 })),
  PairClassifier: () => {
    const module = new fovea.PairClassifier({ ...sizes, numClasses: 3, activation: "gelu", embeddingStd: 0.5 });
    return { module, inputs: [], run: () => module.forward(ids(), int32([5, 2, 4, 0], [2, 2]), { firstLengths: [3, 2] }) };
  },
  RecurrentSeq2Seq: () => {
    const module = new fovea.RecurrentSeq2Seq({ vocabSize: 7, embedDim: 4, hiddenSize: 3, dropout: 0 });
    return { module, inputs: [], run: () => module.forward(ids(), int32([1, 4, 0, 2], [2, 2]), { srcLengths: [3, 2] }) };
  },
  Seq2Seq: () => {
    const module = new fovea.Seq2Seq({ ...sizes, numEncoderLayers: 1, numDecoderLayers: 1, activation: "gelu" });
    return { module, inputs: [], run: () => module.forward(ids(), int32([1, 4, 0, 2], [2, 2]), { srcLengths: [3, 2] }) };
  },
  SequenceClassifier: () =>
    ofIds(new fovea.SequenceClassifier({ ...sizes, numClasses: 3, activation: "gelu", numTokenTypes: 1, head: "lstm" })),
  SpeechEncoder: () => {
    const [module, x] = [new fovea.SpeechEncoder({ ...sizes, numMels: 3 }), leaf([2, 3, 7])];
    return { module, inputs: [x], run: () => module.forward(x, { lengths: [7, 4] }) };
  },
  SpeechRecognizer: () => {
    const [module, x] = [
      new fovea.SpeechRecognizer({ ...sizes, numMels: 3, memoryPositional: fovea.learned(4) }),
      leaf([2, 3, 7]),
    ];
    const run = () => {
      const { ctcLogProbs, logits } = module.forward(x, int32([1, 4, 0, 2], [2, 2]), { lengths: [7, 4] });
      return fovea.concat([ctcLogProbs, logits], { axis: 1 });
    };
    return { module, inputs: [x], run };
  },
  TextEncoder: () => ofIds(new fovea.TextEncoder({ ...sizes, activation: "gelu", positional: fovea.t5Bias(), scale: 1 })),
  TransformerXLLanguageModel: () => {
    const module = new fovea.TransformerXLLanguageModel({ ...sizes, memoryLen: 3, activation: "gelu" });
    return { module, inputs: [], run: () => module.forward(ids()).logProbs };
  },
  VisionTransformer: () => {
    const module = new fovea.VisionTransformer({ ...sizes, imageSize: [4, 6], patchSize: 2, numChannels: 2, numClasses: 3 });
    const x = leaf([2, 2, 4, 6]);
    return { module, inputs: [x], run: () => module.forward(x) };
  },
};
