export { gradEnabled, noGrad } from "../tensor/gradMode.ts";
export { checkpoint } from "./checkpoint.ts";
export { type GradOptions, grad } from "./grad.ts";
export { type GradCheckOptions, type GradCheckReport, gradCheck } from "./gradCheck.ts";
export { type Backward, type BackwardMany, type Grads, record, recordMany } from "./tape.ts";
