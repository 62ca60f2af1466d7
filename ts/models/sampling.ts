import { FoveaError } from "../runtime/errors.ts";
import type { Rng } from "../tensor/rng.ts";

export interface SamplingOptions {
  /** What the logits are divided by; 0 takes the likeliest token always. Default 0, or 1 with `topK` or `topP`. */
  temperature?: number;
  /** Draw among the likeliest so many alone (Fan et al. 2018). */
  topK?: number;
  /** Draw among the likeliest alone whose probabilities add up to this (Holtzman et al. 2020). */
  topP?: number;
}

/** Throws `RANGE`. */
export function checkSampling({ temperature = 0, topK = 1, topP = 1 }: SamplingOptions): void {
  const refuse = (rule: string, value: number): never => {
    throw new FoveaError("RANGE", `generate: ${rule}, got ${value}`);
  };
  if (!(temperature >= 0 && Number.isFinite(temperature))) refuse("temperature must be at least 0", temperature);
  if (!(Number.isInteger(topK) && topK >= 1)) refuse("topK must be a whole number of at least 1", topK);
  if (!(topP > 0 && topP <= 1)) refuse("topP must be above 0 and at most 1", topP);
}

/** The id of the next token. Throws `STATE` for logits that are NaN. */
export function pick(logits: Float32Array, { topK, topP, temperature }: SamplingOptions, rng: Rng): number {
  expectNumber("generate", logits[likeliest(logits)]!);
  const heat = temperature ?? (topK === undefined && topP === undefined ? 0 : 1);
  if (heat === 0) return likeliest(logits);
  const kept = likely(logits, { topK: topK ?? logits.length, topP: topP ?? 1, heat });
  let left = rng.uniform() * kept.reduce((sum, { share }) => sum + share, 0);
  for (const { id, share } of kept) {
    left -= share;
    if (left < 0) return id;
  }
  return kept[0]!.id; // rounding left a little over
}

/** Throws `STATE` where the largest of a model's logits is NaN. */
export function expectNumber(op: string, largest: number): void {
  if (Number.isNaN(largest))
    throw new FoveaError("STATE", `${op}: logits must be numbers, got NaN; are the model's parameters finite?`);
}

/** The first of the largest. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id += 1) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** The ids to draw among, the likeliest first, with shares that need not add up to 1. */
function likely(
  logits: Float32Array,
  { topK, topP, heat }: { topK: number; topP: number; heat: number },
): { id: number; share: number }[] {
  const most = logits[likeliest(logits)]!;
  const all = Array.from(logits, (logit, id) => ({ id, share: Math.exp((logit - most) / heat) }));
  const ranked = all.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share || a.id - b.id);
  const first = ranked.slice(0, topK);
  const enough = topP * first.reduce((sum, { share }) => sum + share, 0);
  let sum = 0;
  const end = first.findIndex(({ share }) => {
    sum += share;
    return sum >= enough;
  });
  return end < 0 ? first : first.slice(0, end + 1);
}
