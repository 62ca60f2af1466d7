/**
 * The process that measures: one variant with one number of threads, as `init` is once per process. What it finds it sends to the
 * process that started it.
 */
import { dispose, FoveaError, type InitOptions, init } from "../ts/runtime/index.ts";
import { casesNamed } from "./cases.ts";
import { measureCeilings } from "./ceiling.ts";
import type { Job, Message } from "./job.ts";
import { profile } from "./profile.ts";
import { trainingStep } from "./scenarios.ts";

const job = JSON.parse(process.argv[2] ?? "") as Job;
const send = (message: Message): void => void process.send!(message);

try {
  await init(job.init as InitOptions);
  if (job.kind === "profile") send({ kind: "lines", lines: profile(trainingStep) });
  if (job.kind === "baseline") for (const each of casesNamed(job.names)) send({ kind: "baseline", baseline: each.baseline() });
  if (job.kind === "bench") {
    const ceilings = measureCeilings();
    send({ kind: "ceilings", ceilings });
    for (const each of casesNamed(job.names)) send({ kind: "record", record: each.run(ceilings) });
  }
} catch (error) {
  // What Fovea refuses is told in a sentence; anything else is a mistake of this program, and shown with all there is to find it.
  const refused = error instanceof FoveaError;
  send({ kind: "error", refused, message: refused ? error.message : String((error as Error).stack ?? error) });
} finally {
  await dispose();
  process.disconnect();
}
