import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, type } from "node:os";
import { root } from "../../scripts/setup/paths.mjs";
import type { RecordFile, RivalRecord } from "./record.ts";

export const RECORDS = "bench/records";

/** `engines` are the versions of those that were asked for. */
export function recordFile(records: RivalRecord[], engines: Record<string, string>): RecordFile {
  const cpu = cpus()[0]?.model.trim() || "unknown CPU";
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu, cores: availableParallelism(), system: `${type()} ${release().split(/[-+]/)[0]}` },
    command: ["npm run bench:rivals --", ...process.argv.slice(2).map(quoted)].join(" "),
    engines,
    records,
  };
}

const quoted = (argument: string): string => (/^[\w,=./-]+$/.test(argument) ? argument : `'${argument}'`);

/** Writes it as `DATE-MACHINE.json`, or `DATE-MACHINE_2.json` if a run of that day is there already, which it may not complete; gives the path. */
export function keepRecord(file: RecordFile): string {
  const { date, machine } = file;
  const slug = machine.cpu
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const name = `${RECORDS}/${date}-${slug}-${machine.cores}-cores`;
  let path = `${name}.json`;
  for (let run = 2; existsSync(root(path)); run += 1) path = `${name}_${run}.json`;
  mkdirSync(root(RECORDS), { recursive: true });
  writeFileSync(root(path), `${JSON.stringify(file, null, 1)}\n`);
  return path;
}
