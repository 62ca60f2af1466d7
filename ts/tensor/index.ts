export type { DType, TypedArray } from "../runtime/buffer.ts";
export { arange, full, ones, randn, type TensorData, type TensorOptions, tensor, uniform, zeros } from "./create.ts";
export { gradEnabled, noGrad } from "./gradMode.ts";
export type { Nested } from "./nested.ts";
export { manualSeed, Rng, type RngState, rngState, setRngState } from "./rng.ts";
export { keepAlive, scope } from "./scope.ts";
export type { Shape } from "./shape.ts";
export { Tensor } from "./tensor.ts";
