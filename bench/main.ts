/** `npm run bench`: README.md says how to read what it prints. */
import { writeFileSync } from "node:fs";
import { type BenchCase, casesMatching } from "./cases.ts";
import { type Job, runJob } from "./job.ts";
import { type Options, parseOptions } from "./options.ts";
import type { Baseline, BenchRecord } from "./record.ts";
import { heading, row } from "./table.ts";
import { UsageError } from "./usageError.ts";

/** Every combination in a process of its own; 1 if an answer was wrong. */
async function bench(options: Options): Promise<number> {
  const cases = casesMatching(options.only);
  const names = cases.map(({ name }) => name);
  const jobOf = (kind: Job["kind"], threads: number): Job => ({
    kind,
    init: { threads, ...(options.variant && { variant: options.variant }) },
    names,
  });
  if (options.profile) {
    for (const threads of options.threads) await print(jobOf("profile", threads));
    return 0;
  }
  if (cases.length === 0) throw new UsageError(`bench: no case matches --only ${options.only?.source}`);
  if (options.json) write(options.json, []); // a path that cannot be written shows now, not after minutes
  const baselines = await measureBaselines(cases);
  const records: BenchRecord[] = [];
  for (const threads of options.threads) records.push(...(await measure(jobOf("bench", threads), baselines)));
  if (options.json) write(options.json, records);
  return records.every(({ checked }) => checked) ? 0 : 1;
}

async function measureBaselines(cases: readonly BenchCase[]): Promise<ReadonlyMap<string, Baseline>> {
  const baselines = new Map<string, Baseline>();
  console.log("Timing plain TypeScript …");
  for (const floats of ["float64", "float32"]) {
    const names = cases.filter(({ plain }) => plain === floats).map(({ name }) => name);
    if (names.length === 0) continue;
    await runJob({ kind: "baseline", init: { threads: 1 }, names }, (message) => {
      if (message.kind === "baseline" && message.baseline) baselines.set(message.baseline.name, message.baseline);
    });
  }
  return baselines;
}

async function measure(job: Job, baselines: ReadonlyMap<string, Baseline>): Promise<BenchRecord[]> {
  const records: BenchRecord[] = [];
  await runJob(job, (message) => {
    if (message.kind === "ceilings") {
      const { gflops, gbs } = message.ceilings;
      console.log(`\nCeilings, threads ${job.init.threads}: ${gflops.toFixed(1)} GFLOP/s, ${gbs.toFixed(1)} GB/s`);
      console.log(heading());
    }
    if (message.kind !== "record") return;
    const record = { ...message.record, ...baselines.get(message.record.name) };
    records.push(record);
    console.log(row(record));
  });
  return records;
}

async function print(job: Job): Promise<void> {
  await runJob(job, (message) => {
    if (message.kind === "lines") console.log(message.lines.join("\n"));
  });
}

function write(path: string, records: readonly BenchRecord[]): void {
  try {
    writeFileSync(path, `${JSON.stringify(records, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`bench: --json must be a file that can be written: ${(error as Error).message}`, { cause: error });
  }
}

try {
  process.exitCode = await bench(parseOptions(process.argv.slice(2)));
} catch (error) {
  // Anything else is a mistake of this program, and shown with all there is to find it.
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
