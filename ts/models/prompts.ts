import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The tokens each text begins with; they may be of unlike length, but none without any. */
export type Prompts = readonly ArrayLike<number>[];

/** When to stop. */
export interface Continuation {
  /** How many tokens are added at most. */
  maxNewTokens: number;
  /** The token that ends a text, or several. */
  eos?: number | readonly number[];
  signal?: AbortSignal;
}

/** Throws `RANGE`. */
export function promptTensor(
  op: string,
  prompts: Prompts,
  { maxNewTokens }: Continuation,
): { ids: Tensor; padding: readonly number[] } {
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1)
    throw new FoveaError("RANGE", `${op}: maxNewTokens must be a whole number of at least 1, got ${maxNewTokens}`);
  const empty = prompts.findIndex((prompt) => prompt.length === 0);
  if (prompts.length === 0 || empty >= 0)
    throw new FoveaError(
      "RANGE",
      `${op}: prompts must be texts of at least one token, got ${prompts.length === 0 ? "none" : `none in prompt ${empty}`}`,
    );
  const longest = Math.max(...prompts.map(({ length }) => length));
  const padding = prompts.map(({ length }) => longest - length);
  const ids = prompts.flatMap((prompt, b) => [...Array<number>(padding[b]!).fill(prompt[0]!), ...Array.from(prompt)]);
  return { ids: tensor(Int32Array.from(ids), [prompts.length, longest]), padding };
}

export function endsOf({ eos = [] }: Continuation): ReadonlySet<number> {
  return new Set(typeof eos === "number" ? [eos] : eos);
}
