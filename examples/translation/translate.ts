import { noGrad, type Seq2Seq, scope } from "fovea";
import { padIds, type Tokenizer } from "fovea/data";
import { type AttentionSample, attentionMap } from "fovea/explain";
import { collect, generate, type RecurrentSeq2Seq } from "fovea/models";
import type { Pair } from "./makePairs.ts";
import { BOS, EOS, idsOf, textOf } from "./pairs.ts";

export type Translator = Seq2Seq | RecurrentSeq2Seq;

const TOGETHER = 64; // sentences
const LONGEST = 80; // tokens of a translation

/** What `model` makes of each text: token by token the likeliest, or with more than one beam the likeliest text. */
export async function translate(
  model: Translator,
  tokenizer: Tokenizer,
  texts: readonly string[],
  { numBeams = 1 }: { numBeams?: number } = {},
): Promise<string[]> {
  const sources = texts.map((text, at) => ({ at, ids: idsOf(tokenizer, text) })).sort((a, b) => a.ids.length - b.ids.length);
  const translations: string[] = [];
  const mode = model.training;
  model.eval();
  for (let first = 0; first < sources.length; first += TOGETHER) {
    const some = sources.slice(first, first + TOGETHER);
    const { ids, lengths } = padIds(some.map((source) => source.ids));
    const starts = some.map(() => [BOS]);
    const written = await collect(
      generate(model.decoding(ids, { lengths }), starts, { maxNewTokens: LONGEST, eos: EOS, numBeams }),
    );
    ids.dispose();
    for (const [i, { at }] of some.entries()) translations[at] = textOf(tokenizer, written[i]!);
  }
  model.train(mode);
  return translations;
}

/** Which of the source's tokens each of the translation's looked at. */
export function crossAttention(model: Translator, tokenizer: Tokenizer, { source, target }: Pair): AttentionSample {
  const [from, to] = [idsOf(tokenizer, source), idsOf(tokenizer, target)];
  const names = (ids: readonly number[]): string[] => ids.map((id) => (id === EOS ? "<eos>" : tokenizer.decode([id]).trim()));
  const mode = model.training;
  model.eval();
  const map = scope(() =>
    noGrad(() => {
      const src = padIds([from]).ids;
      const tgt = padIds([[BOS, ...to.slice(0, -1)]]).ids;
      const weights = weightsOf(model, src, tgt);
      return attentionMap(names(to), weights, 0, { keys: names(from) });
    }),
  );
  model.train(mode);
  return map;
}

/** Of each layer `[1, numHeads, tgtLen, srcLen]`. */
function weightsOf(model: Translator, src: Parameters<Translator["forward"]>[0], tgt: typeof src): (typeof src)[] {
  if ("transformer" in model) return model.forward(src, tgt, { needWeights: true }).crossWeights;
  const { weights } = model.forward(src, tgt, { needWeights: true });
  return [weights.reshape([1, 1, ...weights.shape.slice(1)])];
}
