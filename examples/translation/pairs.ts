import { FoveaError } from "fovea";
import { ByteLevelBpeTokenizer, DataLoader, type PaddedIds, padIds, readParallelText, type Tokenizer } from "fovea/data";
import type { Pair } from "./makePairs.ts";

export const [PAD, BOS, EOS] = [0, 1, 2] as const;
const SPECIALS = ["<pad>", "<bos>", "<eos>"];
/** What the loss leaves out: the places behind a target's end. */
export const IGNORED = -100;

/** Both languages share their pieces of words, and so their embeddings. */
export function trainTokenizer(pairs: readonly Pair[], vocabSize: number): ByteLevelBpeTokenizer {
  return ByteLevelBpeTokenizer.train(
    pairs.flatMap(({ source, target }) => [source, target]),
    { vocabSize, specials: SPECIALS },
  );
}

/** A text's ids as the model reads and writes them. The space in front makes the first word a word like the others. */
export function idsOf(tokenizer: Tokenizer, text: string): number[] {
  return [...tokenizer.encode(` ${text}`), EOS];
}

/** The text of what a model wrote. */
export function textOf(tokenizer: Tokenizer, ids: readonly number[]): string {
  return tokenizer.decode(ids.filter((id) => id >= SPECIALS.length)).trim();
}

/** `PREFIX.en` and `PREFIX.de`, say, line by line; lines that are empty on either side are left out. */
export async function readPairs(prefix: string, from: string, to: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for await (const { source, target } of readParallelText(`${prefix}.${from}`, `${prefix}.${to}`))
    if (source !== "" && target !== "") pairs.push({ source, target });
  if (pairs.length === 0) throw new FoveaError("DATA", `${prefix}.${from}, ${prefix}.${to}: there are no pairs in these files`);
  return pairs;
}

/** What the decoder is given, and what it should say: the same, one token on. */
export interface PairBatch {
  readonly source: PaddedIds;
  readonly given: PaddedIds;
  readonly wanted: PaddedIds;
}

/** Batches of pairs of like length, of at most `maxTokens` tokens on the longer side, padding included. */
export function pairLoader(
  pairs: readonly Pair[],
  tokenizer: Tokenizer,
  { maxTokens, seed }: { maxTokens: number; seed?: number },
) {
  const items = pairs.map(({ source, target }) => ({ source: idsOf(tokenizer, source), target: idsOf(tokenizer, target) }));
  return new DataLoader(items, {
    maxTokens,
    batchSize: maxTokens,
    byLength: true,
    lengthOf: ({ source, target }) => Math.max(source.length, target.length),
    ...(seed !== undefined && { seed }),
    collate: (batch): PairBatch => ({
      source: padIds(batch.map(({ source }) => source)),
      given: padIds(batch.map(({ target }) => [BOS, ...target.slice(0, -1)])),
      wanted: padIds(
        batch.map(({ target }) => target),
        { paddingIdx: IGNORED },
      ),
    }),
  });
}
