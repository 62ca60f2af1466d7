/** What a text is as ids, and where in it each came from. */
export interface Encoding {
  readonly ids: number[];
  /** What each id stands for in the vocabulary. */
  readonly tokens: string[];
  /** The code points of its text that each covers, `[start, end)`; `[0, 0]` for what the template added. */
  readonly offsets: Span[];
  /** 0 for the first text, 1 for the second of a pair. */
  readonly typeIds: number[];
}

/** Code points `[start, end)`. */
export type Span = readonly [start: number, end: number];

export interface EncodeOptions {
  /** A second text, for models that read two. */
  readonly pair?: string | undefined;
  /** Whether the template's tokens, such as `[CLS]`, are put around it. Default true. */
  readonly addSpecialTokens?: boolean | undefined;
  /** Whether `[CLS]` written in a text is plain text. Default false, as in Hugging Face: it becomes the special token. Ask for it where strangers write. */
  readonly splitSpecialTokens?: boolean | undefined;
}

export interface DecodeOptions {
  /** Leave out `[CLS]` and its like. Default true. */
  readonly skipSpecialTokens?: boolean | undefined;
}
