/**
 * How the bench speaks with whoever computes: a Node process, a page, or a program in another language, whose lines on stdin and stdout
 * are these messages as JSON. One request at a time, each with one answer. It times itself, as its clock is next to its work.
 */
import type { Ceilings } from "../ceiling.ts";
import type { RivalCase } from "./case.ts";
import type { InputSpec } from "./inputs.ts";
import type { About } from "./participant.ts";

export type Request =
  /** Answered by "started", or by "refused" if it cannot do such a case. */
  | { kind: "start"; each: RivalCase; inputs: readonly InputSpec[] }
  /** Results, of each only the elements asked for; they are named in README.md. Answered by "result". */
  | { kind: "result"; picks: Record<string, readonly number[]> }
  /** So many runs one after the other. Answered by "timed". */
  | { kind: "time"; runs: number }
  /** What the machine gives at best, for one who can say: multiply-adds in registers, copying. Answered by "ceilings". */
  | { kind: "ceilings" }
  /** Frees the case under way. Answered by "ended". */
  | { kind: "end" };

export type Answer =
  /** First of all, unasked: it is loaded. */
  | { kind: "ready"; about: About }
  | { kind: "started" }
  | { kind: "refused"; reason: string }
  /** What is no finite number is null, as JSON has none. `finite` says whether all elements are, those not asked for too. */
  | { kind: "result"; values: Record<string, readonly (number | null)[]>; finite: boolean }
  | { kind: "timed"; ms: number }
  | { kind: "ceilings"; ceilings: Ceilings }
  | { kind: "ended" }
  /** Instead of any answer: it went wrong. It still answers what comes next, unless it is gone. */
  | { kind: "failed"; reason: string };
