import type { Ceilings } from "../ceiling.ts";
import type { RivalCase } from "./case.ts";
import type { Expected } from "./expected/expected.ts";
import { type Host, RivalFailed } from "./host.ts";
import { inputsOf } from "./inputs.ts";
import { judge, type Verdict } from "./judge.ts";
import type { Answer, Request } from "./messages.ts";

/** A rival that is there. */
export interface Seat {
  name: string;
  host: Host;
}

/** How a case went for one. */
export interface Measured {
  seat: Seat;
  /** Null if there was no answer. */
  verdict: Verdict | null;
  /** A run's time, warm. */
  runMs: number;
  /** Of one run, a sample each. */
  samples: number[];
  /** What went wrong. */
  failure: string | null;
  /** Why it does not do such a case. */
  refusal: string | null;
}

/** A sample is as many runs as fill this: the clock and the messages are then far below the spread. */
const SAMPLE_MS = 15;
/** V8 compiles wasm anew once it is hot; by then it has. */
const WARM_UP_MS = 400;
/** Before each sample, untimed: its threads wake and its data are in the cache again. */
const WAKE_MS = 3;
const ROUNDS = { least: 3, most: 7 };
/** What the rounds of one case may take. */
const ROUNDS_MS = 5_000;
/** Who takes longer for a run is sampled once. */
const LONG_MS = 4_000;

/** Checks each in turn, then takes samples of each in turn, round after round, while all others stand still. */
export async function measureCase(each: RivalCase, expected: Expected, seats: readonly Seat[]): Promise<Measured[]> {
  const all: Measured[] = [];
  for (const seat of seats) {
    const entry: Measured = { seat, verdict: null, runMs: 0, samples: [], failure: null, refusal: null };
    all.push(entry);
    await alone(entry, () => prepare(each, expected, entry));
  }
  const rounds = roundsFor(all);
  for (let round = 0; round < rounds; round++) {
    for (const entry of all) {
      if (!isIn(entry) || (round > 0 && entry.runMs > LONG_MS)) continue;
      await alone(entry, () => sample(entry));
    }
  }
  for (const entry of all) await alone(entry, async () => void (await end(entry.seat)));
  return all;
}

const isIn = ({ failure, refusal }: Measured): boolean => failure === null && refusal === null;

/** Runs `work` while everyone else stands still. */
async function alone(entry: Measured, work: () => Promise<void>): Promise<void> {
  const { host } = entry.seat;
  await host.resume();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RivalFailed)) throw error;
    entry.failure ??= error.message;
  } finally {
    await host.pause();
  }
}

/** Checks it and warms it up. A training step is checked without dropout, on a batch that repeats few items, then begun anew. */
async function prepare(each: RivalCase, expected: Expected, entry: Measured): Promise<void> {
  const { seat } = entry;
  const checked = checkedCase(each);
  entry.refusal = await begin(checked, seat);
  if (entry.refusal !== null) return;
  const picks = Object.fromEntries(Object.entries(expected).map(([name, result]) => [name, result.picks]));
  const started = performance.now();
  entry.verdict = judge(expected, await ask(seat, { kind: "result", picks }, "result"));
  const firstMs = performance.now() - started;
  if (checked !== each) {
    await end(seat);
    await begin(each, seat);
  }
  entry.runMs = await warmUp(seat, firstMs);
}

/** The case whose answer is checked. */
export const checkedCase = (each: RivalCase): RivalCase => (each.op === "trainingStep" ? { ...each, dropout: 0 } : each);

/** Says why, if it does not do such a case. */
async function begin(each: RivalCase, seat: Seat): Promise<string | null> {
  const answer = await seat.host.ask({ kind: "start", each, inputs: inputsOf(each) });
  if (answer.kind === "refused") return answer.reason;
  expect(answer, "started");
  return null;
}

const end = (seat: Seat): Promise<unknown> => ask(seat, { kind: "end" }, "ended");

/** Says how long a run takes at the end. `firstMs` went into its checked run. */
async function warmUp(seat: Seat, firstMs: number): Promise<number> {
  let runMs = Math.max(firstMs, 0.01);
  let [spent, runs] = [0, 0];
  while (spent < WARM_UP_MS || runs < 2) {
    const batch = Math.max(1, Math.min(1000, Math.floor(WARM_UP_MS / 8 / runMs)));
    const { ms } = await ask(seat, { kind: "time", runs: batch }, "timed");
    spent += ms;
    runs += batch;
    runMs = Math.max(ms / batch, 1e-4);
    if (spent > 2 * WARM_UP_MS) break;
  }
  return runMs;
}

async function sample({ seat, runMs, samples }: Measured): Promise<void> {
  if (runMs < SAMPLE_MS) await ask(seat, { kind: "time", runs: Math.ceil(WAKE_MS / runMs) }, "timed");
  const runs = Math.max(1, Math.ceil(SAMPLE_MS / runMs));
  samples.push((await ask(seat, { kind: "time", runs }, "timed")).ms / runs);
}

function roundsFor(entries: readonly Measured[]): number {
  const short = entries.filter((entry) => isIn(entry) && entry.runMs <= LONG_MS);
  const round = short.reduce((sum, { runMs }) => sum + Math.max(runMs, SAMPLE_MS + WAKE_MS), 0);
  return Math.max(ROUNDS.least, Math.min(ROUNDS.most, Math.floor(ROUNDS_MS / Math.max(round, 1))));
}

export async function ceilingsOf(seat: Seat): Promise<Ceilings> {
  await seat.host.resume();
  const { ceilings } = await ask(seat, { kind: "ceilings" }, "ceilings");
  await seat.host.pause();
  return ceilings;
}

async function ask<K extends Answer["kind"]>(seat: Seat, request: Request, kind: K): Promise<Answer & { kind: K }> {
  return expect(await seat.host.ask(request), kind);
}

function expect<K extends Answer["kind"]>(answer: Answer, kind: K): Answer & { kind: K } {
  if (!isOf(answer, kind)) throw new RivalFailed(`said ${answer.kind} where ${kind} was asked for`);
  return answer;
}

const isOf = <K extends Answer["kind"]>(answer: Answer, kind: K): answer is Answer & { kind: K } => answer.kind === kind;
