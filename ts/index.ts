/**
 * Fovea: attention for JavaScript. Kernels in WebAssembly, forward and backward; PyTorch's names on top.
 *
 *     import { init, randn, causal, MultiheadAttention } from "fovea";
 *
 *     await init();                                  // the best wasm variant this engine takes, and its workers
 *     const x = randn([2, 10, 64]);                  // [batch, seqLen, embedDim]
 *     const attention = new MultiheadAttention(64, 8);
 *     const { out, weights } = attention.forward(x, x, x, { mask: causal(), needWeights: true });
 *     out.view();                                    // Float32Array over wasm memory: no copy
 *
 * @module
 */
export {
  type Backward,
  type BackwardMany,
  checkpoint,
  type GradOptions,
  type Grads,
  grad,
  gradCheck,
  gradEnabled,
  noGrad,
  record,
  recordMany,
} from "./autograd/index.ts";
export { type Batch, type BatchOptions, batches, type Example } from "./data/batches.ts";
export { type ModelSummary, type SummaryRow, summary } from "./explain/summary.ts";
export { loadSafetensors, parseSafetensors, saveSafetensors } from "./io/safetensors.ts";
export { loadSafetensorsFile, saveSafetensorsFile } from "./io/safetensorsFile.ts";
export * from "./models/index.ts";
export * from "./nn/index.ts";
export * from "./ops/index.ts";
export * from "./optim/index.ts";
export * from "./positional/index.ts";
export {
  dispose,
  type ErrorCode,
  FoveaError,
  type InitOptions,
  init,
  type Runtime,
  runtime,
  type VariantName,
} from "./runtime/index.ts";
export {
  arange,
  type DType,
  full,
  keepAlive,
  manualSeed,
  type Nested,
  ones,
  Rng,
  randn,
  type Shape,
  scope,
  Tensor,
  type TensorData,
  type TensorOptions,
  type TypedArray,
  tensor,
  uniform,
  zeros,
} from "./tensor/index.ts";
export * from "./train/index.ts";
