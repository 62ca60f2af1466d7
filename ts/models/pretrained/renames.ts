/**
 * What a parameter of ours is made of in Hugging Face's file. A name that ends in `.` or `_` stands for all that begin with it; `*` is the
 * number of a layer.
 */
export type Source =
  /** The same. */
  | string
  /** Several, one above the other; null is one of zeros, which their model does not have. */
  | readonly (string | null)[]
  /** Theirs is `[in, out]`. */
  | { readonly transposed: string }
  /** Theirs has an axis of 1 in front. */
  | { readonly batched: string }
  /** Ours is one of `of` equal parts of theirs. */
  | { readonly from: string; readonly part: number; readonly of: number };

/** From our names to theirs. */
export type Renames = Readonly<Record<string, Source>>;

/** Their names for the parts of a layer, without the layer's own. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly out: string;
  readonly norm1: string;
  readonly norm2: string;
  readonly linear1: Source;
  readonly linear2: string;
  /** False where their keys have no bias, as Whisper's. */
  readonly keyBias?: boolean;
}

/** The renames of `TransformerEncoder`'s layers, whose attention theirs projects with three weights of their own. */
export function layerRenames(theirs: string, names: LayerNames): Renames {
  const ours = "encoder.layers.*.";
  const { query, key, value, keyBias = true } = names;
  const at = (name: string) => `${theirs}${name}`;
  const biases = [at(`${query}bias`), keyBias ? at(`${key}bias`) : null, at(`${value}bias`)];
  return {
    [`${ours}self_attn.in_proj_weight`]: [query, key, value].map((name) => at(`${name}weight`)),
    [`${ours}self_attn.in_proj_bias`]: biases,
    [`${ours}self_attn.q_proj_weight`]: at(`${query}weight`),
    [`${ours}self_attn.k_proj_weight`]: at(`${key}weight`),
    [`${ours}self_attn.v_proj_weight`]: at(`${value}weight`),
    [`${ours}self_attn.out_proj.`]: at(names.out),
    [`${ours}norm1.`]: at(names.norm1),
    [`${ours}norm2.`]: at(names.norm2),
    [`${ours}linear1.`]: mapNames(names.linear1, at),
    [`${ours}linear2.`]: at(names.linear2),
  };
}

/** Where the values of a parameter of ours are in their file: a rule applied to one name. Null if there is no rule. */
export function sourceOf(renames: Renames, ours: string): Source | null {
  const number = /\.(\d+)\./.exec(ours)?.[1];
  const general = number === undefined ? ours : ours.replace(`.${number}.`, ".*.");
  const rules = [general, ours].flatMap((name) =>
    Object.keys(renames).filter((rule) => rule === name || (/[._]$/.test(rule) && name.startsWith(rule))),
  );
  const rule = rules.sort((a, b) => b.length - a.length)[0];
  if (rule === undefined) return null;
  const rest = general.slice(rule.length);
  return mapNames(renames[rule]!, (name) => name.replace("*", number ?? "*") + rest);
}

export function isStack(source: Source): source is readonly (string | null)[] {
  return Array.isArray(source);
}

function mapNames(source: Source, change: (name: string) => string): Source {
  if (typeof source === "string") return change(source);
  if (isStack(source)) return source.map((name) => name && change(name));
  if ("transposed" in source) return { transposed: change(source.transposed) };
  if ("batched" in source) return { batched: change(source.batched) };
  return { ...source, from: change(source.from) };
}
