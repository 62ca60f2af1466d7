import type { Load } from "../participant.ts";
import { start } from "./fovea.ts";

/** The variants whose results have the same bits on every engine. */
export const load: Load = (options) => start(options, true);
