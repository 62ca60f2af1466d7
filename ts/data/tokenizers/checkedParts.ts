import { FoveaError } from "../../runtime/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Throws `DATA` where a part of a `tokenizer.json` is not built as the format says. */
export function expectParts(file: { added_tokens?: unknown; model: unknown; post_processor?: unknown }): void {
  const { added_tokens = [], post_processor } = file;
  const model = file.model as Fields;
  expect("added_tokens", added_tokens ?? [], listOf(isAddedToken));
  if (model.type === "BPE") expect("merges", model.merges, listOf(isMerge));
  if (!isObject(post_processor) || post_processor.type !== "TemplateProcessing") return;
  expect("the template", post_processor.single, listOf(isPiece));
  expect("the template", post_processor.pair, listOf(isPiece));
  const specials = post_processor.special_tokens;
  expect("the template's special tokens", isObject(specials) ? Object.values(specials) : specials, listOf(isSpecial));
}

function expect(what: string, value: unknown, fits: (value: unknown) => boolean): void {
  if (fits(value)) return;
  const got = JSON.stringify(value) ?? "nothing";
  throw new FoveaError("DATA", `Tokenizer: ${what} must be as a tokenizer.json has them, got ${got.slice(0, 200)}`);
}

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const listOf =
  (fits: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && Array.from(value).every(fits); // holes too
const isAddedToken = (token: unknown): boolean =>
  isObject(token) && typeof token.content === "string" && token.content !== "" && Number.isInteger(token.id);
const isMerge = (merge: unknown): boolean =>
  typeof merge === "string" || (Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === "string"));
const isPiece = (piece: unknown): boolean =>
  isObject(piece) && [piece.Sequence, piece.SpecialToken].some((part) => isObject(part) && typeof part.id === "string");
const isSpecial = (special: unknown): boolean =>
  isObject(special) && listOf(Number.isInteger)(special.ids) && listOf((token) => typeof token === "string")(special.tokens);
