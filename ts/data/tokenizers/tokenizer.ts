import { FoveaError } from "../../runtime/errors.ts";
import { type AlignedText, align, codePoints, spanOf } from "./alignedText.ts";
import { type Decoder, decoder } from "./decoder.ts";
import type { DecodeOptions, EncodeOptions, Encoding } from "./encoding.ts";
import { type Model, model } from "./model.ts";
import { type Normalizer, normalizer } from "./normalizer.ts";
import { escaped } from "./patterns.ts";
import { type PostProcessor, postProcessor, type TextTokens } from "./postProcessor.ts";
import { type PreTokenizer, preTokenizer } from "./preTokenizer.ts";
import { type AddedTokenJson, checkedJson, type TokenizerJson, unsupported } from "./tokenizerJson.ts";

/**
 * Texts to ids and back, as a `tokenizer.json` of Hugging Face describes it: special tokens are found, the rest is normalized, split into pieces, each
 * piece becomes tokens, and a template goes around them. `WordTokenizer`, `CharacterTokenizer`, `ByteLevelBpeTokenizer` and `WordPieceTokenizer`
 * train one.
 */
export class Tokenizer {
  /** By id. */
  readonly vocabulary: readonly string[];
  readonly #json: TokenizerJson;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<number>;
  readonly #added: RegExp | null;
  readonly #normalize: Normalizer;
  readonly #split: PreTokenizer;
  readonly #model: Model;
  readonly #join: PostProcessor;
  readonly #decode: Decoder;

  protected constructor(json: TokenizerJson) {
    this.#json = json;
    this.#ids = new Map([
      ...Object.entries(json.model.vocab),
      ...json.added_tokens.map(({ content, id }) => [content, id] as const),
    ]);
    this.vocabulary = byId(this.#ids);
    this.#special = new Set(json.added_tokens.filter(({ special }) => special).map(({ id }) => id));
    this.#added = addedPattern(json.added_tokens);
    this.#normalize = normalizer(json.normalizer);
    this.#split = preTokenizer(json.pre_tokenizer);
    this.#model = model(json.model);
    this.#join = postProcessor(json.post_processor);
    this.#decode = decoder(json.decoder);
  }

  /**
   * The tokenizer that a `tokenizer.json` describes, parsed. Throws `DATA` for what is no such file, and `UNSUPPORTED` for parts that only
   * `pretrainedTokenizer` reads.
   */
  static fromJSON(json: unknown): Tokenizer {
    return new Tokenizer(checkedJson(json));
  }

  /** `tokenizer.json`: `JSON.stringify(tokenizer)` is the file. */
  toJSON(): TokenizerJson {
    return this.#json;
  }

  /** How many ids there are: a model's `vocabSize`. */
  get size(): number {
    return this.vocabulary.length;
  }

  /** The id of a token such as `[PAD]`. Throws `RANGE` where there is none. */
  idOf(token: string): number {
    const id = this.#ids.get(token);
    if (id !== undefined) return id;
    throw new FoveaError(
      "RANGE",
      `Tokenizer: the token must be one of the ${this.size} of the vocabulary, got ${JSON.stringify(token)}`,
    );
  }

  /** The ids of a text, or of two. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.#encode(text, options, false).ids;
  }

  /** The same with the tokens and where in the text each comes from; costs about three times as much. */
  encodeWithOffsets(text: string, options: EncodeOptions = {}): Encoding {
    return this.#encode(text, options, true);
  }

  /** The text that ids stand for. Throws `RANGE` for an id outside the vocabulary. */
  decode(ids: Iterable<number>, { skipSpecialTokens = true }: DecodeOptions = {}): string {
    const tokens: string[] = [];
    for (const id of ids) {
      const token = this.vocabulary[id];
      if (token === undefined) throw new FoveaError("RANGE", `Tokenizer: ids must be from 0 to ${this.size - 1}, got ${id}`);
      if (!skipSpecialTokens || !this.#special.has(id)) tokens.push(token);
    }
    return this.#decode(tokens);
  }

  /** The pieces that a text is split into before the model sees them. */
  protected pieces(text: string): string[] {
    return this.#split({ text: this.#normalize(text), spans: null }).map((piece) => piece.text);
  }

  #encode(text: string, options: EncodeOptions, withSpans: boolean): Encoding {
    const { pair, addSpecialTokens = true, splitSpecialTokens = false } = options;
    const tokensOf = (each: string): TextTokens => this.#tokens(each, splitSpecialTokens, withSpans);
    return this.#join(tokensOf(text), pair === undefined ? null : tokensOf(pair), addSpecialTokens);
  }

  #tokens(text: string, splitSpecialTokens: boolean, withSpans: boolean): TextTokens {
    const tokens: TextTokens = { ids: [], tokens: [], offsets: [] };
    const parts = splitSpecialTokens || this.#added === null ? [text] : text.split(this.#added);
    let at = 0; // in code points
    for (const [index, part] of parts.entries()) {
      const length = withSpans ? codePoints(part) : 0;
      if (index % 2 === 1) this.#push(tokens, this.idOf(part), [at, at + length]);
      else this.#addText(tokens, withSpans ? align(part, at, this.#normalize) : { text: this.#normalize(part), spans: null });
      at += length;
    }
    return tokens;
  }

  #addText(tokens: TextTokens, text: AlignedText): void {
    for (const piece of this.#split(text)) {
      const { ids, starts, ends } = this.#model(piece.text);
      for (const [i, id] of ids.entries())
        this.#push(tokens, id, piece.spans ? spanOf(piece.spans, starts[i]!, ends[i]!) : NOWHERE);
    }
  }

  #push(tokens: TextTokens, id: number, span: Encoding["offsets"][number]): void {
    tokens.ids.push(id);
    tokens.tokens.push(this.vocabulary[id]!);
    tokens.offsets.push(span);
  }
}

const NOWHERE = [0, 0] as const;

function byId(ids: ReadonlyMap<string, number>): string[] {
  const vocabulary: string[] = [];
  for (const [token, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= ids.size || vocabulary[id] !== undefined)
      throw new FoveaError(
        "DATA",
        `Tokenizer: ids must be 0 to ${ids.size - 1}, each once, got ${id} for ${JSON.stringify(token)}`,
      );
    vocabulary[id] = token;
  }
  return vocabulary;
}

/** Splits at special tokens, the longest first, and keeps them. */
function addedPattern(added: readonly AddedTokenJson[]): RegExp | null {
  const plain = added.find(({ single_word, lstrip, rstrip, normalized }) => single_word || lstrip || rstrip || normalized);
  if (plain) throw unsupported("an added token that takes spaces or is normalized", plain);
  const contents = added.map(({ content }) => content).sort((a, b) => b.length - a.length);
  if (contents.length === 0) return null;
  return new RegExp(`(${contents.map(escaped).join("|")})`, "u");
}
