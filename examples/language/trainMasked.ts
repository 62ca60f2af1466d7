import { evaluate, fit, manualSeed, Rng } from "fovea";
import { maskedAttention, maskedBatches, maskedLoader, maskedLoss, newMasked } from "./masked.ts";
import type { TrainOptions } from "./options.ts";
import { type Data, type EpochRecord, type Outcome, parametersOf, percent, recipe } from "./training.ts";
import { fillIn } from "./write.ts";

const DROPOUT = 0.1;
const TOKENS = { small: 250, large: 1000 };
/** Longer texts are cut. */
const MAX_LEN = 64;
const SHOWN = 3;

/** Trains an ALBERT to find hidden tokens, and shows what it finds. */
export async function trainMasked(data: Data, options: TrainOptions): Promise<Outcome> {
  const { tokenizer, texts } = data;
  const { files, width, layers, seed } = options;
  const cut = (all: Data["train"]): Data["train"] => all.map((ids) => ids.slice(0, MAX_LEN));
  const [train, valid] = [cut(data.train), cut(data.valid)];
  const sizes = {
    vocabSize: tokenizer.size,
    dModel: width,
    embedDim: Math.ceil(width / 2),
    numHeads: 4,
    numLayers: layers,
    dropout: DROPOUT,
  };
  const config = { model: "albert", ...sizes } as const;
  manualSeed(seed);
  const model = newMasked(config);
  console.log(`albert: ${parametersOf(model)} parameters, one layer gone through ${layers} times`);
  const loading = { maxTokens: files ? TOKENS.large : TOKENS.small, vocabSize: tokenizer.size, seed };
  const records: EpochRecord[] = [];
  const held = maskedBatches(valid, loading);
  await fit(model, maskedLoader(train, loading), {
    ...recipe("albert", model, options, records),
    objective: maskedLoss,
    valid: held,
  });
  model.eval();
  const { accuracy, loss, examples } = await evaluate(model, held, { objective: maskedLoss });
  const found = `${percent(accuracy)} of ${examples.toLocaleString("en")} hidden tokens found, loss ${loss.toFixed(3)}`;
  const facts = [`${found}; always the most frequent token: ${percent(mostFrequent(valid.flat()))}`];
  console.log(facts.join("\n"));
  if (data.test) {
    const tested = await evaluate(model, maskedBatches(cut(data.test), loading), { objective: maskedLoss });
    console.log(`test: ${percent(tested.accuracy)} of ${tested.examples.toLocaleString("en")} hidden tokens found`);
  }
  const rng = new Rng(seed);
  const shown = texts.slice(0, SHOWN).map((text) => hidden(text, rng));
  for (const text of shown) fillIn(model, tokenizer, text);
  return {
    records,
    facts,
    samples: [maskedAttention(model, tokenizer, shown[0]!)],
    runs: [{ name: "albert", config, model, tokenizer }],
  };
}

/** `text` with two of its words hidden. */
function hidden(text: string, rng: Rng): string {
  const words = text.split(" ");
  const places = rng.shuffle(words.map((_, at) => at)).slice(0, 2);
  return words.map((word, at) => (places.includes(at) ? "<mask>" : word)).join(" ");
}

/** The share of the commonest. */
function mostFrequent(ids: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Math.max(...counts.values()) / ids.length;
}
