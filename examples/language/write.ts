import { FoveaError, type GenerateOptions, generate, LanguageModel, type MaskedLanguageModel, window } from "fovea";
import type { Tokenizer } from "fovea/data";
import { guesses } from "./masked.ts";
import type { WriteOptions } from "./options.ts";
import { isMasked, loadRun, type TrainedDecoder } from "./run.ts";
import { EOS, idsOf } from "./text.ts";

/** Goes on with a text, or fills in what it hides, by a model that was saved. Throws `DATA`, `RANGE`. */
export async function write({ from, text, fill, ...options }: WriteOptions): Promise<void> {
  const run = await loadRun(from);
  if (fill && isMasked(run)) fillIn(run.model, run.tokenizer, text);
  else if (!fill && !isMasked(run)) await goOn(run, text, options);
  else {
    const needed = fill ? "fill needs an albert" : "generate needs a gpt or an xl";
    throw new FoveaError("RANGE", `language: --${needed}, got ${run.config.model}`);
  }
}

/** Writes `text` and what follows to the terminal, each token as soon as it is drawn, up to the text's end. */
export async function goOn({ model, config, tokenizer }: TrainedDecoder, text: string, options: GenerateOptions): Promise<void> {
  process.stdout.write(text);
  const ids: number[] = [];
  let written = "";
  const prompt = [EOS, ...(text === "" ? [] : idsOf(tokenizer, text))];
  // A GPT knows no distances but those within a segment; a Transformer-XL goes by its memory.
  const decoding = model instanceof LanguageModel ? model.decoding({ mask: window(config.seqLen - 1) }) : model.decoding();
  for await (const [id] of generate(decoding, [prompt], { ...options, eos: EOS })) {
    if (id !== EOS) ids.push(id!);
    const decoded = tokenizer.decode(ids);
    const said = text === "" ? decoded.trimStart() : decoded;
    if (said.endsWith("\ufffd")) continue; // some bytes of a character are still to come
    process.stdout.write(said.slice(written.length));
    written = said;
  }
  process.stdout.write("\n");
}

const SHOWN = 5; // guesses

/** Prints what may stand in each `<mask>` of `text`. Throws `RANGE` if there is none. */
export function fillIn(model: MaskedLanguageModel, tokenizer: Tokenizer, text: string): void {
  const found = guesses(model, tokenizer, text, SHOWN);
  if (found.length === 0) throw new FoveaError("RANGE", `language: --fill needs a text with at least one <mask>, got ${text}`);
  console.log(text);
  for (const best of found)
    console.log(`  ${best.map(({ word, probability }) => `${word} ${(100 * probability).toFixed(1)} %`).join(", ")}`);
}
