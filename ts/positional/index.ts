export { learned } from "./learned.ts";
export type { PositionalDims, PositionalEncoding, Positions } from "./positionalEncoding.ts";
export { sinusoidal, sinusoidalTable } from "./sinusoidal.ts";
