export { alibi, alibiSlopes } from "./alibi.ts";
export { learned } from "./learned.ts";
export type { Place, Places } from "./places.ts";
export type { PositionalDims, PositionalEncoding, Positions, ScoreContext } from "./positionalEncoding.ts";
export { type RotaryOptions, rotary } from "./rotary.ts";
export type { Llama3Scaling, RotaryScaling, YarnScaling } from "./rotaryFrequencies.ts";
export { sinusoidal, sinusoidalTable } from "./sinusoidal.ts";
