/**
 * Language modelling: a decoder (GPT) and a Transformer-XL foretell the next word, an ALBERT the hidden ones. README.md shows what it prints; `--help` lists the
 * options.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { init, runtime } from "fovea";
import { trainingHtml } from "fovea/explain";
import { runMain } from "../runMain.ts";
import { HELP, parseCommand, type TrainOptions } from "./options.ts";
import { saveRun } from "./run.ts";
import { trainDecoders } from "./trainDecoders.ts";
import { type EpochRecord, type Outcome, readData } from "./training.ts";
import { trainMasked } from "./trainMasked.ts";
import { write } from "./write.ts";

async function main(): Promise<void> {
  const command = parseCommand();
  if (command.name === "help") return console.log(HELP);
  if (command.name === "train") return train(command.options);
  await init({ threads: 1 }); // a row at a time: nothing to share
  await write(command.options);
}

async function train(options: TrainOptions): Promise<void> {
  const data = await readData(options);
  await mkdir(options.out, { recursive: true });
  await init(options.engine);
  const count = (texts: readonly (readonly number[])[]): string =>
    `${texts.length.toLocaleString("en")} texts (${texts.flat().length.toLocaleString("en")} tokens)`;
  const facts = [
    `${count(data.train)} to train, ${count(data.valid)} to validate; ${data.tokenizer.size.toLocaleString("en")} pieces of words`,
    `${runtime.variant.name}, threads ${runtime.threads.count}`,
  ];
  console.log(facts.join("\n"));
  const outcome = await (options.model === "albert" ? trainMasked : trainDecoders)(data, options);
  console.log(`wasm memory at most ${(runtime.memory.peak / 2 ** 20).toFixed(0)} MiB`);
  await save(outcome, facts, options.out);
}

/** A single model in `out` itself, several in a folder each. */
async function save({ records, runs, samples, facts }: Outcome, about: readonly string[], out: string): Promise<void> {
  for (const run of runs) await saveRun(runs.length === 1 ? out : join(out, run.name), run);
  const charts = [
    { title: "loss, in training", curves: curves(records, ({ loss }) => loss) },
    { title: "loss, of the texts held out", curves: curves(records, ({ validLoss }) => validLoss) },
    ...scoreCharts(records),
  ];
  const page = trainingHtml({ title: "Language modelling", facts: [...about, ...facts], charts, samples });
  await writeFile(join(out, "metrics.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  await writeFile(join(out, "report.html"), page);
  const models = runs.length === 1 ? "" : ` for ${runs.map(({ name }) => name).join(", ")}`;
  console.log(`written to ${out}: model.safetensors, tokenizer.json, config.json${models}; metrics.jsonl, report.html`);
}

/** One for each model. */
function curves(records: readonly EpochRecord[], of: (record: EpochRecord) => number) {
  const names = [...new Set(records.map(({ model }) => model))];
  return names.map((name) => ({ name, values: records.filter(({ model }) => model === name).map(of) }));
}

function scoreCharts(records: readonly EpochRecord[]) {
  if (records.some(({ perplexity }) => perplexity !== undefined))
    return [{ title: "perplexity", curves: curves(records, ({ perplexity }) => perplexity!) }];
  return [{ title: "hidden tokens found, %", curves: curves(records, ({ accuracy }) => 100 * accuracy!) }];
}

await runMain(main);
