import { mkdir } from "node:fs/promises";
import {
  Adam,
  AdamW,
  type Callback,
  Checkpoints,
  crossEntropy,
  EarlyStopping,
  fit,
  htmlReport,
  init,
  jsonLines,
  lastCheckpoint,
  type Module,
  manualSeed,
  type Optimizer,
  progressBar,
  runtime,
  type Schedule,
  SGD,
  tensorBoard,
  warmupConstant,
  warmupCosine,
  warmupLinear,
} from "../index.ts";
import { writeFileAtomic } from "../io/index.ts";
import { FoveaError } from "../runtime/errors.ts";
import { classifierOf, encoded, type RunDescription, readRun, readSplits, type Vocabulary, vocabularyOf } from "./classifier.ts";
import { type Config, readConfig } from "./config.ts";
import { countText } from "./text.ts";

const STOPPED = 130; // what a shell says of a program that Ctrl-C has ended

/** Trains a classifier of texts. The exit code; throws `DATA` and other `FoveaError`s, those of the configuration before anything is written. */
export async function trainCommand(path: string, { resume }: { resume: boolean }): Promise<number> {
  const config = await readConfig(path);
  const { out } = config;
  const again = `fovea train ${path} --resume`;
  const checkpoint = await lastCheckpoint(out);
  if (checkpoint && !resume)
    throw new FoveaError("STATE", `${out} holds a training already; ${again} goes on with it, or choose another out`);
  if (!checkpoint && resume) throw new FoveaError("STATE", `${out} holds no training to go on with; leave --resume out`);
  const stop = stopSignal();
  try {
    const stopped = await trainAs(config, checkpoint, stop.signal);
    console.log(`${stopped ?? "done"}; to use the best model: fovea predict ${out} "a text"`);
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const saved = await lastCheckpoint(out);
    console.log(saved ? `stopped, and saved in ${out}; to go on: ${again}` : "stopped before the first step; nothing is saved");
    return STOPPED;
  } finally {
    stop.release();
  }
}

/** Why it ended before its last step, if it did. */
async function trainAs(config: Config, checkpoint: Uint8Array | null, signal: AbortSignal): Promise<string | undefined> {
  const { out, seed, epochs, batchSize, maxLen, clipGradNorm, labelSmoothing } = config;
  const { train, valid } = await readSplits(config);
  const vocabulary = checkpoint ? await readRun(out) : vocabularyOf(config, train);
  const [examples, validation] = [encoded(train, vocabulary), encoded(valid, vocabulary)];
  await init();
  manualSeed(seed);
  const model = classifierOf(config, vocabulary);
  if (!checkpoint) await describe(config, vocabulary);
  const facts = [
    `${countText(examples.length)} texts to train, ${countText(validation.length)} to validate; classes ${vocabulary.classes.names.join(", ")}`,
    `${countText(parametersOf(model))} parameters, ${countText(vocabulary.tokenizer.size)} tokens; ${runtime.variant.name}`,
  ];
  console.log(facts.join("\n"));
  const { stopped } = await fit(model, examples, {
    ...{ optimizer: optimizerOf(config, model), schedule: scheduleOf(config), epochs, batchSize, maxLen, clipGradNorm, seed },
    ...{ valid: validation, resume: checkpoint, signal, callbacks: callbacksOf(config, facts) },
    loss: (logits, labels) => crossEntropy(logits, labels, { labelSmoothing }),
  });
  return stopped;
}

/** All that is needed to build the model again. */
async function describe(config: Config, { classes, tokenizer }: Vocabulary): Promise<void> {
  const description: RunDescription = { config, classes: classes.names };
  await mkdir(config.out, { recursive: true });
  await writeFileAtomic(`${config.out}/tokenizer.json`, JSON.stringify(tokenizer));
  await writeFileAtomic(`${config.out}/config.json`, `${JSON.stringify(description, null, 2)}\n`);
}

function callbacksOf({ out, patience, tensorBoard: board }: Config, facts: readonly string[]): Callback[] {
  return [
    progressBar({ output: process.stdout }),
    jsonLines(`${out}/metrics.jsonl`),
    htmlReport(`${out}/report.html`, { title: out, facts }),
    ...(board ? [tensorBoard(`${out}/tensorboard`)] : []),
    ...(patience === null ? [] : [new EarlyStopping({ patience, monitor: "valid.accuracy" })]),
    new Checkpoints(out, { monitor: "valid.accuracy" }),
  ];
}

function optimizerOf({ optimizer: { name, lr, weightDecay } }: Config, model: Module): Optimizer {
  const kinds = { AdamW, Adam, SGD } as const;
  return new kinds[name](model.parameters(), { lr, weightDecay });
}

function scheduleOf({ schedule: { name, warmupRatio } }: Config): Schedule {
  return { cosine: warmupCosine, linear: warmupLinear, constant: warmupConstant }[name]({ warmupRatio });
}

const parametersOf = (model: Module): number => model.parameters().reduce((sum, { length }) => sum + length, 0);

const SAME_PRESS = 500; // ms within which a second signal is the same Ctrl-C, handed on by npm

/** Aborted by the first Ctrl-C, so that work can be saved; a second ends the process at once. */
function stopSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > SAME_PRESS) process.exit(STOPPED);
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}
