export { alibi, alibiSlopes } from "./alibi.ts";
export { learned } from "./learned.ts";
export type { Place, Places } from "./places.ts";
export type { PositionalDims, PositionalEncoding, Positions, ScoreContext } from "./positionalEncoding.ts";
export { sinusoidal, sinusoidalTable } from "./sinusoidal.ts";
