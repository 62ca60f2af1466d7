export { alibi, alibiSlopes } from "./alibi.ts";
export { learned } from "./learned.ts";
export type { Place, Places } from "./places.ts";
export type { PositionalDims, PositionalEncoding, Positions, ScoreContext } from "./positionalEncoding.ts";
export { type RotaryOptions, rotary } from "./rotary.ts";
export type { Llama3Scaling, RotaryScaling, YarnScaling } from "./rotaryFrequencies.ts";
export { sinusoidal, sinusoidalTable } from "./sinusoidal.ts";
export { type Sinusoidal2dOptions, sinusoidal2d, sinusoidalTable2d } from "./sinusoidal2d.ts";
export { type T5BucketOptions, t5Bias, t5Bucket } from "./t5Bias.ts";
