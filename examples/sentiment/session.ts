import { type Evaluation, evaluate, type Progress, runtime } from "fovea";
import { attentionPage } from "./attentionPage.ts";
import type { Dataset, Split } from "./dataset.ts";
import { clock, confusionTable, mebibytes, percent, shellWord, thousands } from "./report.ts";
import type { RunConfig } from "./runConfig.ts";
import { removeFromRun, writeRun } from "./runFolder.ts";
import type { Screen } from "./screen.ts";
import { stopSignal } from "./stopSignal.ts";
import type { EpochMetrics, Training } from "./training.ts";

/** A training, where it shows itself and where it is written. */
export interface Session {
  readonly folder: string;
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly training: Training;
  readonly screen: Screen;
}

const STOPPED = 130; // what a shell says of a program that Ctrl-C has ended

/** Trains until the last epoch or Ctrl-C, writing the run after each epoch. The exit code. */
export async function runSession(session: Session): Promise<number> {
  const started = performance.now();
  const { training, screen } = session;
  const stop = stopSignal();
  introduce(session);
  const show = progressOf(session);
  try {
    while (!training.finished) {
      const metrics = await training.epoch(stop.signal, show);
      screen.say(epochLine(metrics, session.config.recipe.epochs));
      await save(session);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    await save(session);
    sayStopped(session);
    return STOPPED;
  } finally {
    stop.release();
  }
  await conclude(session, (performance.now() - started) / 1000);
  return 0;
}

function introduce({ folder, config, dataset, training, screen }: Session): void {
  const { train, valid, test, classes, tokenizer } = dataset;
  const counts = [train, valid, ...(test ? [test] : [])].map(({ examples }) => thousands(examples.length));
  const purpose = test ? "train, validate and test" : "train and validate";
  const { dModel, numLayers, numHeads, pooling, head } = config.model;
  const { variant, threads } = runtime;
  const { epochsDone } = training.checkpoint;
  screen.say(
    [
      `data      ${counts.join(" + ")} texts to ${purpose}; classes ${classes.names.join(", ")}`,
      `model     ${numLayers} layers, ${numHeads} heads, width ${dModel}, ${thousands(tokenizer.size)} words, pooling ${pooling}, head ${head}: ${thousands(parametersOf(training))} parameters`,
      `variant   ${variant.name} (${variant.reason})`,
      `threads   ${threads.count} (${threads.reason})`,
      `run       ${folder}${epochsDone > 0 ? `, after epoch ${epochsDone} of ${config.recipe.epochs}` : ""}`,
    ].join("\n"),
  );
}

function parametersOf({ model }: Training): number {
  return model.parameters().reduce((sum, { length }) => sum + length, 0);
}

/** Turns what `fit` says of one epoch into where the whole training stands. */
function progressOf({ config, training, screen }: Session): (progress: Progress) => void {
  const { epochs } = config.recipe;
  const started = performance.now();
  const before = training.checkpoint.epochsDone;
  return ({ step, steps, loss, accuracy, tokensPerSecond }) => {
    const { epochsDone } = training.checkpoint;
    const done = (epochsDone - before) * steps + step;
    const left = (epochs - epochsDone) * steps - step;
    const secondsLeft = ((performance.now() - started) / 1000 / done) * left;
    screen.show({ epoch: epochsDone + 1, epochs, step, steps, loss, accuracy, tokensPerSecond, secondsLeft });
  };
}

function epochLine({ epoch, loss, accuracy, validLoss, validAccuracy, seconds }: EpochMetrics, epochs: number): string {
  const name = `epoch ${String(epoch).padStart(String(epochs).length)} of ${epochs}`;
  const trained = `loss ${loss.toFixed(3)}, ${percent(accuracy)} right`;
  return `${name}: ${trained}; validation loss ${validLoss.toFixed(3)}, ${percent(validAccuracy)} right (${seconds.toFixed(1)} s)`;
}

/** Everything that the run needs to be used and to go on. `resume.safetensors` is last: it says how many epochs the others must have. */
async function save({ folder, config, dataset, training }: Session): Promise<void> {
  await writeRun(folder, {
    "config.json": `${JSON.stringify(config, null, 2)}\n`,
    "tokenizer.json": `${JSON.stringify(dataset.tokenizer)}\n`,
    "metrics.jsonl": linesOf(training.metrics),
    "model.safetensors": training.modelFile,
    "resume.safetensors": training.checkpoint.bytes,
  });
}

const linesOf = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

function sayStopped({ folder, config, training, screen }: Session): void {
  const { epochsDone } = training.checkpoint;
  screen.say(`
stopped in epoch ${epochsDone + 1} of ${config.recipe.epochs}; saved in ${folder}
go on:   npm start -- --resume ${shellWord(folder)}
use it:  npm start -- --predict ${shellWord(folder)} "${EXAMPLE}"`);
}

const EXAMPLE = "the plot is not very clever but the music is far from dull";

/** Scores the best epoch, and writes what a finished run has. */
async function conclude(session: Session, seconds: number): Promise<void> {
  const { folder, config, dataset, training, screen } = session;
  const { maxLen } = config.recipe;
  training.useBest();
  const score = (split: Split): Promise<Evaluation> => evaluate(training.model, split.examples, { maxLen });
  const valid = await score(dataset.valid);
  const test = dataset.test && (await score(dataset.test));
  const { variant, threads, memory } = runtime;
  const result = {
    bestEpoch: training.bestEpoch,
    valid: { accuracy: valid.accuracy, loss: valid.loss, confusion: valid.confusion },
    ...(test && { test: { accuracy: test.accuracy, loss: test.loss, confusion: test.confusion } }),
    parameters: parametersOf(training),
    seconds,
    variant: variant.name,
    threads: threads.count,
    peakWasmBytes: memory.peak,
  };
  await writeRun(folder, {
    "metrics.jsonl": linesOf([...training.metrics, result]),
    "attention.html": attentionPage(training, dataset, maxLen),
  });
  await removeFromRun(folder, "resume.safetensors");
  screen.say(`
best after epoch ${training.bestEpoch}; time ${clock(seconds)}, wasm memory at most ${mebibytes(memory.peak)}
${scoreText("validation", dataset.valid, valid, config)}${test ? scoreText("test", dataset.test!, test, config) : ""}
written: ${["model.safetensors", "config.json", "tokenizer.json", "metrics.jsonl", "attention.html"].join(", ")} in ${folder}
try it:  npm start -- --predict ${shellWord(folder)} "${EXAMPLE}"`);
}

function scoreText(what: string, { name }: Split, { accuracy, confusion }: Evaluation, { classes }: RunConfig): string {
  return `
${what}: ${percent(accuracy)} right, ${name}
${confusionTable(classes, confusion)}
`;
}
