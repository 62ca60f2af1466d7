import { createInterface } from "node:readline";
import { init, loadSafetensors } from "fovea";
import { attentionText } from "fovea/explain";
import { type Classification, classify } from "./classify.ts";
import { buildModel } from "./model.ts";
import type { Command } from "./options.ts";
import { type RunConfig, readRunConfig } from "./runConfig.ts";
import { readFromRun } from "./runFolder.ts";
import { UsageError, withPath } from "./usageError.ts";

/**
 * Classifies the sentences of the command line, each with a drawing of its attention, or else the lines of standard input, a line of
 * class, probability and text for each. Throws `UsageError` and `FoveaError`.
 */
export async function predictCommand({
  folder,
  sentences,
  perHead,
  engine,
}: Extract<Command, { kind: "predict" }>): Promise<number> {
  if (sentences.length === 0 && process.stdin.isTTY)
    throw new UsageError(`--predict needs a sentence: npm start -- --predict ${folder} "a sentence".`);
  const empty = sentences.find((sentence) => sentence.trim() === "");
  if (empty !== undefined) throw new UsageError("--predict needs sentences of at least one word, got an empty one.");
  const { config, tokenizer } = await readRunConfig(folder);
  const bytes = await readFromRun(folder, "model.safetensors", "this is no folder that a training has written");
  await init({ threads: 1, ...engine }); // one sentence is too little work for more
  const model = buildModel(config.model);
  withPath(`${folder}/model.safetensors`, () => model.loadStateDict(loadSafetensors(bytes)));
  const made = (text: string): Classification => classify(model, tokenizer, text, config.recipe.maxLen);
  for (const sentence of sentences) console.log(drawing(made(sentence), config, perHead));
  if (sentences.length > 0) return 0;
  for await (const line of createInterface({ input: process.stdin }))
    if (line.trim() !== "") console.log(oneLine(made(line), line, config));
  return 0;
}

const BAR = 30;

function drawing(made: Classification, { classes }: RunConfig, perHead: boolean): string {
  const order = classes.map((name, index) => ({ name, probability: made.probabilities[index]! }));
  order.sort((a, b) => b.probability - a.probability);
  const width = Math.max(...classes.map((name) => name.length));
  const bars = order.map(({ name, probability }) => {
    const share = `${(100 * probability).toFixed(1)} %`;
    return `  ${name.padEnd(width)}  ${share.padStart(7)}  ${"█".repeat(Math.round(BAR * probability))}`;
  });
  const notes = [
    ...(made.unknown.length > 0 ? [`  never seen in training: ${made.unknown.join(", ")}`] : []),
    ...(made.cut > 0 ? [`  not read: the last ${made.cut} words`] : []),
  ];
  const map = attentionText(made, { perHead, columns: process.stdout.columns });
  return [made.tokens.join(" "), ...bars, ...notes, "", map].join("\n");
}

function oneLine({ predicted, probabilities }: Classification, text: string, { classes }: RunConfig): string {
  return `${classes[predicted]}\t${probabilities[predicted]!.toFixed(4)}\t${text}`;
}
