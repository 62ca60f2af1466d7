import { createInterface } from "node:readline";
import { readTextExamples } from "../data/index.ts";
import { evaluate, init, noGrad, scope, softmax, tensor } from "../index.ts";
import { FoveaError } from "../runtime/errors.ts";
import { encoded, loadTrained, type Trained } from "./classifier.ts";
import { table } from "./text.ts";

/** Scores the model of a folder on a file of texts and labels. Throws `DATA`. */
export async function evaluateCommand(folder: string, path: string, { json }: { json: boolean }): Promise<number> {
  await init();
  const trained = await loadTrained(folder);
  const { config, classes, model } = trained;
  const examples = encoded({ name: path, examples: await readTextExamples(path, config.data) }, trained);
  const { loss, accuracy, confusion } = await evaluate(model, examples, { maxLen: config.maxLen });
  if (json) {
    console.log(JSON.stringify({ loss, accuracy, examples: examples.length, classes: classes.names, confusion }));
    return 0;
  }
  const rows = confusion.map((counts, label) => [classes.names[label]!, ...counts.map(String)]);
  const columns = classes.names.map((_, column) => column + 1);
  console.log(`${(100 * accuracy).toFixed(2)} % right of ${examples.length}, loss ${loss.toFixed(4)}`);
  console.log(table(["label \\ predicted", ...classes.names], rows, columns));
  return 0;
}

/** A line of class, probability and text for each text, of the command line or else of standard input. Throws `DATA`. */
export async function predictCommand(folder: string, texts: readonly string[], { json }: { json: boolean }): Promise<number> {
  await init({ threads: 1 }); // one text is too little work for more
  const trained = await loadTrained(folder);
  for await (const text of texts.length > 0 ? texts : createInterface({ input: process.stdin })) {
    if (text.trim() === "") continue;
    const { name, probabilities } = classify(trained, text);
    const best = Math.max(...probabilities);
    const named = Object.fromEntries(trained.classes.names.map((each, i) => [each, probabilities[i]!]));
    console.log(json ? JSON.stringify({ text, label: name, probabilities: named }) : `${name}\t${best.toFixed(4)}\t${text}`);
  }
  return 0;
}

function classify({ model, classes, tokenizer, config }: Trained, text: string): { name: string; probabilities: number[] } {
  const ids = tokenizer.encode(text, { splitSpecialTokens: true }).slice(0, config.maxLen);
  if (ids.length === 0) throw new FoveaError("DATA", `predict: nothing in ${JSON.stringify(text)} is a token`);
  const probabilities = scope(() =>
    noGrad(() => [...softmax(model.forward(tensor(ids, [1, ids.length], { dtype: "int32" }))).view()]),
  );
  return { name: classes.names[probabilities.indexOf(Math.max(...probabilities))]!, probabilities };
}
