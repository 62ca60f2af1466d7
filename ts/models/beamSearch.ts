import { Breather } from "../runtime/breathe.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Decoding, rowsOf } from "./decoding.ts";
import { type Continuation, endsOf, type Prompts, promptTensor } from "./prompts.ts";
import { expectNumber } from "./sampling.ts";

export interface BeamSearchOptions extends Continuation {
  /** How many beginnings of each text are followed at once. Default 4. */
  numBeams?: number;
  /** Texts are ranked by the sum of the logarithms of their probabilities over `length ** lengthPenalty`: above 1 favours long ones. Default 1. */
  lengthPenalty?: number;
}

export interface Hypothesis {
  /** The new tokens, the one that ends the text with them. */
  readonly ids: readonly number[];
  /** What it is ranked by. */
  readonly score: number;
}

interface Beam {
  readonly ids: readonly number[];
  /** Sum of the logarithms of its probabilities. */
  readonly logProb: number;
  /** Its row in the batch. */
  readonly row: number;
}

interface Search {
  readonly item: number;
  beams: Beam[];
  readonly ended: Hypothesis[];
}

/**
 * The likeliest texts that follow each prompt, the best first, `numBeams` of them: of all beginnings so far the best `numBeams` are gone on with (as
 * Hugging Face's `generate`). Throws `RANGE`, `STATE` for logits that are NaN, what the model throws, and the reason of an aborted `signal`. Frees
 * `decoding`.
 */
export async function beamSearch(decoding: Decoding, prompts: Prompts, options: BeamSearchOptions): Promise<Hypothesis[][]> {
  using decoder = decoding;
  const { numBeams = 4, lengthPenalty = 1, maxNewTokens, signal } = options;
  if (!Number.isInteger(numBeams) || numBeams < 1)
    throw new FoveaError("RANGE", `beamSearch: numBeams must be a whole number of at least 1, got ${numBeams}`);
  if (!Number.isFinite(lengthPenalty))
    throw new FoveaError("RANGE", `beamSearch: lengthPenalty must be a number, got ${lengthPenalty}`);
  const rules = { numBeams, lengthPenalty, eos: endsOf(options), maxNewTokens };
  const breather = new Breather(signal);
  const searches = prompts.map((_, item): Search => ({ item, beams: [{ ids: [], logProb: 0, row: item }], ended: [] }));
  let logProbs = scope(() => {
    const { ids, padding } = promptTensor("beamSearch", prompts, options);
    return logProbRows(decoder, ids, padding);
  });
  for (let length = 1; ; length += 1) {
    for (const search of searches.filter(({ beams }) => beams.length > 0)) advance(search, logProbs, rules, length);
    const going = searches.flatMap(({ beams }) => beams);
    if (going.length === 0 || length === maxNewTokens) break;
    await breather.breathe();
    decoder.select(going.map(({ row }) => row));
    for (const search of searches) search.beams = search.beams.map((beam) => ({ ...beam, row: going.indexOf(beam) }));
    logProbs = scope(() =>
      logProbRows(
        decoder,
        tensor(
          Int32Array.from(going, (beam) => beam.ids.at(-1)!),
          [going.length, 1],
        ),
      ),
    );
  }
  return searches.map((search) => ranked(search, rules));
}

interface Rules {
  readonly numBeams: number;
  readonly lengthPenalty: number;
  readonly eos: ReadonlySet<number>;
  readonly maxNewTokens: number;
}

/** One token more for the beams of a text. */
function advance(
  search: Search,
  logProbs: readonly Float64Array[],
  { numBeams, lengthPenalty, eos }: Rules,
  length: number,
): void {
  // Twice as many: each of them may end the text, once.
  const candidates = search.beams
    .flatMap((beam) =>
      largest(logProbs[beam.row]!, 2 * numBeams).map((id) => ({
        ids: [...beam.ids, id],
        logProb: beam.logProb + logProbs[beam.row]![id]!,
        row: beam.row,
      })),
    )
    .sort((a, b) => b.logProb - a.logProb);
  const beams: Beam[] = [];
  for (const [rank, candidate] of candidates.slice(0, 2 * numBeams).entries()) {
    if (eos.has(candidate.ids.at(-1)!)) {
      if (rank < numBeams) search.ended.push({ ids: candidate.ids, score: candidate.logProb / length ** lengthPenalty });
    } else if (beams.length < numBeams) beams.push(candidate);
  }
  search.ended.sort((a, b) => b.score - a.score).splice(numBeams);
  const best = (beams[0]?.logProb ?? Number.NEGATIVE_INFINITY) / length ** lengthPenalty;
  const done = search.ended.length === numBeams && search.ended.at(-1)!.score >= best;
  search.beams = done ? [] : beams;
}

/** What has ended, and what would have gone on. */
function ranked({ ended, beams }: Search, { numBeams, lengthPenalty }: Rules): Hypothesis[] {
  const open = beams.map(({ ids, logProb }) => ({ ids, score: logProb / ids.length ** lengthPenalty }));
  return [...ended, ...open].sort((a, b) => b.score - a.score).slice(0, numBeams);
}

/** Of each row, the logarithms of the next token's probabilities, in float64. */
function logProbRows(decoding: Decoding, ids: Tensor, padding?: readonly number[]): Float64Array[] {
  return scope(() =>
    rowsOf(decoding.step(ids, padding)).map((row) => {
      const most = row.reduce((a, b) => Math.max(a, b));
      expectNumber("beamSearch", most);
      const lse = most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
      return Float64Array.from(row, (logit) => logit - lse);
    }),
  );
}

/** The ids of the `count` largest, the largest first. */
function largest(values: Float64Array, count: number): number[] {
  const kept: number[] = [];
  for (let id = 0; id < values.length; id += 1) {
    if (kept.length === count && !(values[id]! > values[kept.at(-1)!]!)) continue;
    let at = Math.min(kept.length, count - 1);
    while (at > 0 && values[id]! > values[kept[at - 1]!]!) at -= 1;
    kept.splice(at, 0, id);
    kept.length = Math.min(kept.length, count);
  }
  return kept;
}
