// Trains in the folder given, with a checkpoint after each step, until it is killed. Says each step that is saved, and where it began.
import { AdamW, Checkpoints, fit, init, lastCheckpoint } from "../../ts/index.ts";
import { examples, model } from "./task.ts";

const folder = process.argv[2]!;
await init({ threads: 1 });
const learner = model({ dropout: 0.1 });
const resume = await lastCheckpoint(folder);
await fit(learner, examples(64), {
  ...{ optimizer: new AdamW(learner.parameters()), epochs: 100_000, batchSize: 4, seed: 1, resume, valid: examples(8) },
  callbacks: [
    new Checkpoints(folder, { everySteps: 1, best: 2 }),
    { onStep: ({ step }) => void process.stdout.write(`${step}\n`) },
  ],
});
