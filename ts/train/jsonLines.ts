import { writeFileAtomic } from "../io/atomicFile.ts";
import { FoveaError } from "../runtime/errors.ts";
import { nodeModule } from "../runtime/node.ts";
import type { Callback, EpochSummary, Progress, Training } from "./callback.ts";

export interface JsonLinesOptions {
  /** Also a line every so many steps, besides after every epoch. */
  everySteps?: number;
}

/**
 * Writes the numbers of a training to `path` (Node), a JSON object a line, each as soon as it is known: `{ "type": "epoch", "epoch", "step",
 * "loss", "accuracy", "seconds", "valid" }`, and `{ "type": "step", … }` if asked. What is not finite is null. A training that goes on from a
 * snapshot goes on with the file, without the lines written after the snapshot; one from its beginning begins the file anew. Name it before
 * `Checkpoints`, so that no snapshot is ahead of the file.
 *
 *     await fit(model, data, { …, callbacks: [jsonLines("runs/a/metrics.jsonl"), new Checkpoints("runs/a")] });
 *
 * Throws `RANGE`; the training throws `DATA` for a file with lines of something else.
 */
export function jsonLines(path: string, { everySteps = Infinity }: JsonLinesOptions = {}): Callback {
  if (!(everySteps >= 1)) throw new FoveaError("RANGE", `jsonLines: everySteps must be at least 1, got ${everySteps}`);
  let file: Awaited<ReturnType<typeof openLines>> | null = null;
  return {
    async onStart(training) {
      file = await openLines(path, training);
    },
    async onStep(progress) {
      if (progress.step % everySteps === 0) await file?.write(`${JSON.stringify(stepLine(progress))}\n`);
    },
    async onEpoch(summary) {
      await file?.write(`${JSON.stringify(epochLine(summary))}\n`);
      await file?.datasync();
    },
    async onEnd() {
      await file?.close();
      file = null;
    },
  };
}

function stepLine({ epoch, step, batchLoss, lr, gradNorm, tokensPerSecond }: Progress): object {
  return { type: "step", epoch, step, loss: batchLoss, lr, gradNorm, tokensPerSecond };
}

function epochLine({ epoch, step, loss, accuracy, seconds, valid }: EpochSummary): object {
  const validation = valid && { loss: valid.loss, accuracy: valid.accuracy, examples: valid.examples, ...valid.metrics };
  return { type: "epoch", epoch, step, loss, accuracy, seconds, ...(validation && { valid: validation }) };
}

/** The file, to be written at its end, with the lines that belong to what the training has done. */
async function openLines(path: string, training: Training) {
  const { mkdir, open, readFile } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  const { dirname } = await nodeModule<typeof import("node:path")>("path");
  await mkdir(dirname(path), { recursive: true });
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const kept = keptLines(text, path, training);
  if (kept !== text) await writeFileAtomic(path, kept);
  return open(path, "a");
}

function keptLines(text: string, path: string, training: Training): string {
  const lines = text.split("\n");
  lines.pop(); // nothing, or what a kill has left of a line
  const kept = lines.filter((line, i) => belongs(line, `${path}:${i + 1}`, training));
  return kept.map((line) => `${line}\n`).join("");
}

function belongs(line: string, where: string, { step, summaries }: Training): boolean {
  const value = parsed(line);
  if (value?.type === "step") return Number(value.step) <= step;
  if (value?.type === "epoch") return Number(value.epoch) <= summaries.length;
  throw new FoveaError("DATA", `${where}: jsonLines has not written this line; give the metrics a file of their own`);
}

function parsed(line: string): { type?: unknown; step?: unknown; epoch?: unknown } | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
