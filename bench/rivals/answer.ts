import { makeInputs } from "./inputs.ts";
import type { Answer, Request } from "./messages.ts";
import type { Participant, Results, Running } from "./participant.ts";

/** Answers requests by a library that is loaded. What it throws becomes "failed". */
export function answering(participant: Participant): (request: Request) => Promise<Answer> {
  let running: Running | null = null;
  const underWay = (): Running => {
    if (!running) throw new Error("no case has been started");
    return running;
  };
  const respond = async (request: Request): Promise<Answer> => {
    switch (request.kind) {
      case "start": {
        const reason = participant.refusal(request.each);
        if (reason !== null) return { kind: "refused", reason };
        running = await participant.start(request.each, makeInputs(request.inputs));
        return { kind: "started" };
      }
      case "result":
        return { kind: "result", ...pick(await underWay().result(), request.picks) };
      case "time":
        return { kind: "timed", ms: await time(underWay(), request.runs) };
      case "ceilings":
        if (!participant.ceilings) throw new Error("has no probes");
        return { kind: "ceilings", ceilings: participant.ceilings() };
      case "end": {
        const ending = running;
        running = null;
        await ending?.end();
        return { kind: "ended" };
      }
    }
  };
  return (request) => respond(request).catch((error: unknown) => ({ kind: "failed", reason: reasonOf(error) }));
}

async function time(running: Running, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; i++) {
    const done = running.run();
    if (done) await done; // awaiting nothing would cost those who compute at once
  }
  return performance.now() - start;
}

function pick(results: Results, picks: Record<string, readonly number[]>) {
  const values: Record<string, (number | null)[]> = {};
  for (const [name, indices] of Object.entries(picks)) {
    const result = results[name];
    if (!result) throw new Error(`gives no ${name}`);
    values[name] = indices.map((index) => (Number.isFinite(result[index]) ? result[index]! : null));
  }
  return { values, finite: Object.values(results).every((result) => result.every(Number.isFinite)) };
}

/** One line, without the path of a file. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split("\n").find((line) => line.trim()) ?? "it said nothing").trim().slice(0, 300);
}
