import { FoveaError, Rng, type Tensor, tensor } from "fovea";
import { ByteLevelBpeTokenizer, lines, readText, type Tokenizer } from "fovea/data";

export const [PAD, EOS, MASK] = [0, 1, 2] as const;
const SPECIALS = ["<pad>", "<eos>", "<mask>"];
/** What the loss leaves out. */
export const IGNORED = -100;

export function trainTokenizer(texts: readonly string[], vocabSize: number): ByteLevelBpeTokenizer {
  return ByteLevelBpeTokenizer.train(
    texts.map((text) => ` ${text}`),
    { vocabSize, specials: SPECIALS },
  );
}

/** The space in front makes the first word a word like the others. */
export function idsOf(tokenizer: Tokenizer, text: string): number[] {
  return tokenizer.encode(` ${text}`);
}

/** What stands beside a map of attention. */
export function namesOf(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  return ids.map((id) => SPECIALS[id] ?? tokenizer.decode([id]).trim());
}

/** The lines of a file that are not empty. */
export async function readLines(path: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines(readText(path))) if (text.trim() !== "") texts.push(text.trim());
  if (texts.length === 0) throw new FoveaError("DATA", `${path}: there are no texts in this file`);
  return texts;
}

/** The next piece of each lane. */
export interface Segment {
  /** int32 `[lanes, up to seqLen]` */
  readonly ids: Tensor;
  /** The token that follows each; `IGNORED` behind the end of the text. */
  readonly wanted: Tensor;
  /** How many of these count. */
  readonly tokens: number;
  /** Nothing comes before it. */
  readonly first: boolean;
}

/** All texts as one, each behind an `EOS` and the last with one behind it as well. */
export function oneText(texts: readonly (readonly number[])[]): number[] {
  return [EOS, ...texts.flatMap((ids) => [...ids, EOS])];
}

export interface StreamOptions {
  readonly seqLen: number;
  /** How many parts of the text are read side by side. */
  readonly lanes: number;
  /** The order of the texts is another in each pass, the same for the same seed; left out: always as given. */
  readonly seed?: number;
}

/**
 * One long text, cut into `lanes` parts of equal length that are read side by side, `seqLen` tokens at a time: what a segment does not hold stood in the one before. Each `for await`
 * is a pass; the tensors of a segment live until the next is taken.
 */
export class SegmentStream implements AsyncIterable<Segment> {
  /** Of a pass. */
  readonly steps: number;
  readonly #texts: (readonly number[])[];
  readonly #options: StreamOptions;
  readonly #laneLen: number;
  readonly #rng: Rng | null;

  constructor(texts: readonly (readonly number[])[], options: StreamOptions) {
    const { seqLen, lanes, seed } = options;
    this.#texts = [...texts];
    this.#options = options;
    this.#laneLen = Math.ceil((oneText(texts).length - 1) / lanes);
    this.steps = Math.ceil(this.#laneLen / seqLen);
    this.#rng = seed === undefined ? null : new Rng(seed);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Segment, void, undefined> {
    const text = oneText(this.#rng ? this.#rng.shuffle([...this.#texts]) : this.#texts);
    for (let start = 0; start < this.#laneLen; start += this.#options.seqLen) {
      const segment = this.#segment(text, start);
      try {
        yield segment;
      } finally {
        segment.ids.dispose();
        segment.wanted.dispose();
      }
    }
  }

  #segment(text: readonly number[], start: number): Segment {
    const { seqLen, lanes } = this.#options;
    const length = Math.min(seqLen, this.#laneLen - start);
    const [ids, wanted] = [new Int32Array(lanes * length).fill(EOS), new Int32Array(lanes * length).fill(IGNORED)];
    let tokens = 0;
    for (let at = 0; at < ids.length; at += 1) {
      const place = Math.floor(at / length) * this.#laneLen + start + (at % length);
      if (place >= text.length - 1) continue;
      [ids[at], wanted[at]] = [text[place]!, text[place + 1]!];
      tokens += 1;
    }
    return { ids: tensor(ids, [lanes, length]), wanted: tensor(wanted, [lanes, length]), tokens, first: start === 0 };
  }
}
