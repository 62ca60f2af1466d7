import { Breather } from "../runtime/breathe.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { Rng } from "../tensor/rng.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { beamSearch, type Hypothesis } from "./beamSearch.ts";
import { type Decoding, rowsOf } from "./decoding.ts";
import { type Continuation, endsOf, type Prompts, promptTensor } from "./prompts.ts";
import { checkSampling, pick, type SamplingOptions } from "./sampling.ts";

export interface GenerateOptions extends Continuation, SamplingOptions {
  /** Search with so many beams, as `beamSearch` does; the tokens then come when all are known. Not with what draws at random. */
  numBeams?: number;
  lengthPenalty?: number;
  /** Of what is drawn: the same seed gives the same texts. Default 0. */
  seed?: number;
}

/**
 * Goes on with each prompt, token by token: the likeliest one, one drawn at random with `temperature`, `topK` or `topP`, or those of the best beam. Each
 * turn gives one token for each text, null for those that have ended; the token that ends a text is its last. A text that has ended costs no more.
 *
 *     for await (const [id] of generate(model.decoding(), [tokenizer.encode("two dogs")], { maxNewTokens: 20, temperature: 0.8 }))
 *       process.stdout.write(tokenizer.decode([id!]));
 *
 * Throws `RANGE`, `STATE` for logits that are NaN, what the model throws, and the reason of an aborted `signal`. Frees `decoding`, also when the loop is left early.
 */
export async function* generate(
  decoding: Decoding,
  prompts: Prompts,
  options: GenerateOptions,
): AsyncGenerator<(number | null)[], void> {
  if (options.numBeams !== undefined && options.numBeams !== 1) {
    refuseDrawing(decoding, options);
    yield* turnsOf(await beamSearch(decoding, prompts, options));
    return;
  }
  using decoder = decoding;
  checkSampling(options);
  const { maxNewTokens, seed = 0, signal } = options;
  const [eos, rng, breather] = [endsOf(options), new Rng(seed), new Breather(signal)];
  let going = prompts.map((_, item) => item);
  let next = scope(() => {
    const { ids, padding } = promptTensor("generate", prompts, options);
    return picked(decoder.step(ids, padding), options, rng);
  });
  for (let length = 1; ; length += 1) {
    const turn = prompts.map((): number | null => null);
    for (const [row, item] of going.entries()) turn[item] = next[row]!;
    yield turn;
    const rows = going.map((_, row) => row).filter((row) => !eos.has(next[row]!));
    if (rows.length === 0 || length === maxNewTokens) return;
    await breather.breathe();
    if (rows.length < going.length) decoder.select(rows);
    going = rows.map((row) => going[row]!);
    const ids = Int32Array.from(rows, (row) => next[row]!);
    next = scope(() => picked(decoder.step(tensor(ids, [ids.length, 1])), options, rng));
  }
}

/** Beams draw nothing. Throws `RANGE`. */
function refuseDrawing(decoding: Decoding, options: GenerateOptions): void {
  const name = (["temperature", "topK", "topP"] as const).find((name) => options[name]);
  if (name === undefined) return;
  decoding[Symbol.dispose]();
  throw new FoveaError("RANGE", `generate: ${name} must be left out with numBeams, which draws nothing, got ${options[name]}`);
}

/** The token of each row of `logits [batch, vocabSize]`. */
function picked(logits: Tensor, options: SamplingOptions, rng: Rng): number[] {
  return rowsOf(logits).map((row) => pick(row, options, rng));
}

/** All new tokens of each text: what `generate` gives, put together. */
export async function collect(turns: AsyncIterable<readonly (number | null)[]>): Promise<number[][]> {
  const texts: number[][] = [];
  for await (const turn of turns)
    for (const [item, id] of turn.entries()) {
      texts[item] ??= [];
      if (id !== null) texts[item].push(id);
    }
  return texts;
}

/** The best of each, turn by turn. */
function* turnsOf(found: readonly (readonly Hypothesis[])[]): Generator<(number | null)[]> {
  const best = found.map(([first]) => first!.ids);
  const longest = Math.max(...best.map(({ length }) => length));
  for (let at = 0; at < longest; at += 1) yield best.map((ids) => ids[at] ?? null);
}
