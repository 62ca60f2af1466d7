import { FoveaError } from "../../runtime/errors.ts";
import { expectParts } from "./checkedParts.ts";

/** Hugging Face's `tokenizer.json`, as far as it is read and written here. */
export interface TokenizerJson {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedTokenJson[];
  readonly normalizer: NormalizerJson | null;
  readonly pre_tokenizer: PreTokenizerJson | null;
  readonly post_processor: PostProcessorJson | null;
  readonly decoder: DecoderJson | null;
  readonly model: ModelJson;
}

export interface AddedTokenJson {
  readonly id: number;
  readonly content: string;
  readonly single_word: false;
  readonly lstrip: false;
  readonly rstrip: false;
  readonly normalized: false;
  readonly special: boolean;
}

export type NormalizerJson =
  | {
      readonly type: "BertNormalizer";
      readonly clean_text: boolean;
      readonly handle_chinese_chars: boolean;
      readonly strip_accents: boolean | null;
      readonly lowercase: boolean;
    }
  | { readonly type: "NFC" | "NFD" | "NFKC" | "NFKD" | "Lowercase" | "StripAccents" }
  | { readonly type: "Replace"; readonly pattern: PatternJson; readonly content: string }
  | { readonly type: "Sequence"; readonly normalizers: readonly NormalizerJson[] };

export type PatternJson = { readonly String: string } | { readonly Regex: string };

export type PreTokenizerJson =
  | ({ readonly type: "ByteLevel"; readonly use_regex: boolean } & ByteLevelJson)
  | { readonly type: "BertPreTokenizer" }
  | {
      readonly type: "Split";
      readonly pattern: PatternJson;
      readonly behavior: "Isolated" | "Removed";
      readonly invert: boolean;
    };

export interface ByteLevelJson {
  readonly add_prefix_space: boolean;
  readonly trim_offsets: boolean;
}

export type TemplatePieceJson =
  | { readonly SpecialToken: { readonly id: string; readonly type_id: number } }
  | { readonly Sequence: { readonly id: "A" | "B"; readonly type_id: number } };

export interface TemplateJson {
  readonly type: "TemplateProcessing";
  readonly single: readonly TemplatePieceJson[];
  readonly pair: readonly TemplatePieceJson[];
  readonly special_tokens: Readonly<
    Record<string, { readonly id: string; readonly ids: readonly number[]; readonly tokens: readonly string[] }>
  >;
}

export type PostProcessorJson = ({ readonly type: "ByteLevel"; readonly use_regex: boolean } & ByteLevelJson) | TemplateJson;

export type DecoderJson =
  | ({ readonly type: "ByteLevel"; readonly use_regex: boolean } & ByteLevelJson)
  | { readonly type: "WordPiece"; readonly prefix: string; readonly cleanup: boolean }
  | { readonly type: "Fuse" };

export type Vocabulary = Readonly<Record<string, number>>;

export interface BpeJson {
  readonly type: "BPE";
  readonly dropout: null;
  readonly unk_token: null;
  readonly continuing_subword_prefix: null;
  readonly end_of_word_suffix: null;
  readonly fuse_unk: false;
  readonly byte_fallback: false;
  readonly ignore_merges: boolean;
  readonly vocab: Vocabulary;
  readonly merges: readonly (readonly [string, string])[];
}

export interface WordPieceJson {
  readonly type: "WordPiece";
  readonly unk_token: string;
  readonly continuing_subword_prefix: string;
  readonly max_input_chars_per_word: number;
  readonly vocab: Vocabulary;
}

export interface WordLevelJson {
  readonly type: "WordLevel";
  readonly vocab: Vocabulary;
  readonly unk_token: string;
}

export type ModelJson = BpeJson | WordPieceJson | WordLevelJson;

/** Special tokens as the file lists them; their ids are their places. Throws `RANGE` for one that is empty, or there twice. */
export function specialTokens(contents: readonly string[]): AddedTokenJson[] {
  const wrong = contents.find((content, i) => content === "" || contents.indexOf(content) !== i);
  if (wrong !== undefined)
    throw new FoveaError(
      "RANGE",
      `train: special tokens must differ from each other and not be empty, got ${JSON.stringify(wrong)}`,
    );
  return contents.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/** The error for a part of a file that only Hugging Face's own package reads. */
export function unsupported(what: string, got: unknown): FoveaError {
  return new FoveaError(
    "UNSUPPORTED",
    `Tokenizer: ${what} is not read here, got ${JSON.stringify(got)}; read this file with pretrainedTokenizer`,
  );
}

/** A parsed file, its optional parts filled in. Throws `DATA`, `UNSUPPORTED`. */
export function checkedJson(json: unknown): TokenizerJson {
  const file = (json ?? {}) as Partial<TokenizerJson>;
  if (typeof file.model?.vocab !== "object" || file.model.vocab === null)
    throw new FoveaError("DATA", "Tokenizer: a tokenizer.json has a model with a vocabulary, got none");
  if (file.truncation || file.padding) throw unsupported("truncation or padding", file.truncation ?? file.padding);
  expectParts({ ...file, model: file.model });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: file.added_tokens ?? [],
    normalizer: file.normalizer ?? null,
    pre_tokenizer: file.pre_tokenizer ?? null,
    post_processor: file.post_processor ?? null,
    decoder: file.decoder ?? null,
    model: file.model,
  };
}
