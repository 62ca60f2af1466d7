import type { Load } from "../participant.ts";
import { loadRust } from "./rust.ts";

export const load: Load = (options) => loadRust("candle", options);
