/** `npm run bench:rivals`: ../README.md says how to read what it prints. */
import { writeFileSync } from "node:fs";
import { UsageError } from "../usageError.ts";
import { type RivalCase, rivalCases } from "./case.ts";
import { type Engine, engineNames, openEngine } from "./engines.ts";
import { type Expected, expectedOf } from "./expected/expected.ts";
import { RivalFailed } from "./host.ts";
import { installRivals } from "./install.ts";
import { keepRecord, recordFile } from "./keep.ts";
import { ceilingsOf, checkedCase, type Measured, measureCase, type Seat } from "./measure.ts";
import { type Options, parseOptions } from "./options.ts";
import { quantile, type RivalRecord, recordOf } from "./record.ts";
import { OURS, type Rival, rivals } from "./rivals.ts";
import { heading, row } from "./table.ts";

/** 1 if an answer of ours was wrong, or there was none. */
async function bench(options: Options): Promise<number> {
  const cases = rivalCases.filter(({ name, shape }) => options.only?.test(`${name} ${shape}`) ?? true);
  if (cases.length === 0) throw new UsageError(`bench:rivals: no case matches --only ${options.only?.source}`);
  if (options.json) write(options.json, []); // a path that cannot be written shows now, not after minutes
  await installRivals().catch(say("the rivals' packages"));
  const wanted = await prepared(rivals.filter(({ name }) => name === OURS || (options.rivals?.includes(name) ?? true)));
  const started = performance.now();
  const records: RivalRecord[] = [];
  const engines: Record<string, string> = {};
  for (const engine of await opened(options.engines ?? ["node24"])) {
    for (const threads of options.threads) {
      console.log(`\n${engine.version}, threads ${threads}`);
      const seats = await seated(wanted, engine, threads, options.threads.includes(1));
      records.push(...(await measureAll(cases, engine.name, seats)));
      for (const { host } of seats) await host.end();
    }
    await engine.close();
    engines[engine.name] = engine.version;
    if (options.json) write(options.json, records); // so far: the next engine takes minutes
    if (options.record) console.log(`Kept as ${keepRecord(recordFile(records, engines))}`);
  }
  console.log(`\nTook ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  const ours = records.filter(({ who }) => who.startsWith(OURS));
  return ours.length > 0 && ours.every(({ checked }) => checked) ? 0 : 1;
}

/** Prints why `what` is left out. */
const say = (what: string) => (error: unknown) => {
  if (error instanceof UsageError || !(error instanceof Error)) throw error;
  console.log(`${what}: left out, ${error.message.split("\n")[0]}`);
};

/** Those that can take part at all. */
async function prepared(all: readonly Rival[]): Promise<Rival[]> {
  const ready: Rival[] = [];
  for (const rival of all) await rival.prepare().then(() => ready.push(rival), say(rival.name));
  return ready;
}

/** The engines there are; the one that runs this, if there is none. */
async function opened(names: readonly string[]): Promise<Engine[]> {
  const engines: Engine[] = [];
  for (const name of names) await openEngine(name).then((engine) => engines.push(engine), say(name));
  return engines.length > 0 ? engines : [await openEngine(`node${process.versions.node.split(".")[0]}`)];
}

/** A library that has one thread anyway is not measured again beside those that have more. */
async function seated(wanted: readonly Rival[], engine: Engine, threads: number, singleToo: boolean): Promise<Seat[]> {
  const seats: Seat[] = [];
  for (const rival of wanted) {
    if (engine.name === "chromium" && (rival.kind === "program" || rival.nodeOnly)) continue;
    try {
      const host = await engine.host(rival, threads);
      const { about } = host;
      const again = singleToo && threads > 1 && about.threads === 1;
      console.log(
        `${rival.name}: ${about.version}, ${about.variant}, threads ${about.threads}${again ? ": see its rows for one" : ""}`,
      );
      if (again) await host.end();
      else seats.push({ name: rival.name, host });
      await host.pause();
    } catch (error) {
      if (!(error instanceof RivalFailed)) throw error;
      say(rival.name)(error);
    }
  }
  return seats;
}

const expectations = new Map<string, Expected>();

async function measureAll(cases: readonly RivalCase[], engine: string, seats: readonly Seat[]): Promise<RivalRecord[]> {
  const records: RivalRecord[] = [];
  const refusals = new Lists();
  console.log(`\n${heading()}`);
  for (const each of cases) {
    const expected = expectations.get(each.name) ?? expectedOf(checkedCase(each));
    expectations.set(each.name, expected);
    const alive = seats.filter(({ host }) => host.alive);
    const ours = alive.find(({ name }) => name === OURS);
    const ceilings = ours ? await ceilingsOf(ours) : null;
    const all = await measureCase(each, expected, alive);
    const medianOf = (entry: Measured | undefined) => (entry?.samples.length ? quantile(entry.samples, 0.5) : null);
    const oursMs = medianOf(all.find(({ seat }) => seat === ours));
    for (const entry of all) {
      const { seat, refusal, failure } = entry;
      if (failure !== null) console.log(`${each.name}: ${seat.name} failed: ${failure}`);
      if (refusal !== null) refusals.add(`${seat.name}: ${refusal}`, each.name);
      if (entry.samples.length === 0) continue;
      const record = recordOf(each, engine, entry, oursMs, ceilings);
      records.push(record);
      console.log(row(record));
    }
  }
  if (refusals.all.size > 0) console.log();
  for (const [reason, names] of refusals.all) console.log(`${reason}: not asked for ${names.join(", ")}`);
  return records;
}

/** Names by what they have in common. */
class Lists {
  readonly all = new Map<string, string[]>();

  add(key: string, name: string): void {
    const names = this.all.get(key) ?? [];
    this.all.set(key, [...names, name]);
  }
}

function write(path: string, records: readonly RivalRecord[]): void {
  try {
    writeFileSync(path, `${JSON.stringify(records, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`bench:rivals: --json must be a file that can be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

try {
  const names = rivals.map(({ name }) => name);
  process.exitCode = await bench(parseOptions(process.argv.slice(2), { rivals: names, engines: engineNames }));
} catch (error) {
  // Anything else is a mistake of this program, and shown with all there is to find it.
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
