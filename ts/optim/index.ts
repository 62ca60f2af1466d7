export { AdamW, type AdamWGroup, type AdamWGroupOptions, type AdamWOptions, type AdamWState } from "./adamW.ts";
export { type ClipGradNormOptions, clipGradNorm } from "./clipGradNorm.ts";
export type { Optimizer, ParameterGroup } from "./optimizer.ts";
export { type Schedule, type WarmupOptions, warmupConstant, warmupCosine, warmupLinear } from "./schedules.ts";
