import { FoveaError } from "../runtime/errors.ts";
import type { Callback, EpochSummary, Progress } from "./callback.ts";

/** Where text goes: `process.stderr`, say. */
export interface TextOutput {
  write(text: string): unknown;
  /** Whether a line can be drawn over. */
  readonly isTTY?: boolean;
  /** Characters of a line. Default 80. */
  readonly columns?: number;
}

export interface ProgressBarOptions {
  /** Default: standard error. */
  output?: TextOutput;
  /** How long nothing is said of steps where there is no terminal; Infinity is for ever. Default 30. */
  secondsBetweenLines?: number;
}

/**
 * Shows how far a training is: on a terminal a bar with loss, rates and the time left, elsewhere a line now and then; a line stays of every
 * epoch.
 *
 *     epoch 2/3 ███████████████░░░░░░░░░░  61 %  loss 0.312  87.1 % right  21,480 tokens/s  38.2 steps/s  0:12 left
 *
 * Throws `UNSUPPORTED` in a page without `output`.
 */
export function progressBar({ output = standardError(), secondsBetweenLines = 30 }: ProgressBarOptions = {}): Callback {
  const line = output.isTTY ? new DrawnLine(output) : new RareLine(output, 1000 * secondsBetweenLines);
  const rate = new StepRate();
  return {
    onStart: () => rate.start(),
    onStep(progress) {
      rate.count();
      line.show((columns) => progressLine(progress, rate.perSecond, columns), progress.step === progress.steps);
    },
    onEpoch(summary) {
      line.say(epochLine(summary));
      rate.start();
    },
    onEnd(result) {
      if (result?.stopped === undefined) line.clear();
      else line.say(`stopped: ${result.stopped}`);
    },
  };
}

function standardError(): TextOutput {
  if (typeof process !== "undefined" && process.stderr) return process.stderr;
  throw new FoveaError("UNSUPPORTED", "progressBar: needs an output where there is no process.stderr");
}

const REDRAWN = 100; // ms: oftener than ten times a second nobody reads it
const CLEAR = "\r\x1b[K";

// A line that is rewritten is all a bar needs: `cli-progress` and the three packages under it would be the library's second dependency for it.
class DrawnLine {
  readonly #output: TextOutput;
  #last = -Infinity;

  constructor(output: TextOutput) {
    this.#output = output;
  }

  show(text: (columns: number) => string, final: boolean): void {
    const now = performance.now();
    if (now - this.#last < REDRAWN && !final) return;
    this.#last = now;
    const columns = (this.#output.columns || 80) - 1; // in the last column some terminals begin a new line
    this.#output.write(`${CLEAR}${[...text(columns)].slice(0, columns).join("")}`);
  }

  say(text: string): void {
    this.#output.write(`${CLEAR}${text}\n`);
    this.#last = -Infinity;
  }

  clear(): void {
    this.#output.write(CLEAR);
  }
}

class RareLine {
  readonly #output: TextOutput;
  readonly #pause: number;
  #last = performance.now();

  constructor(output: TextOutput, pause: number) {
    this.#output = output;
    this.#pause = pause;
  }

  show(text: (columns: number) => string): void {
    if (performance.now() - this.#last >= this.#pause) this.say(text(0));
  }

  say(text: string): void {
    this.#output.write(`${text}\n`);
    this.#last = performance.now();
  }

  clear(): void {}
}

const WEIGHT_OF_LAST = 0.1;

/** Steps a second: a mean in which older steps fade. Validations do not count. */
class StepRate {
  #last = 0;
  #seconds: number | null = null;

  start(): void {
    this.#last = performance.now();
  }

  count(): void {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    this.#seconds = this.#seconds === null ? seconds : this.#seconds + WEIGHT_OF_LAST * (seconds - this.#seconds);
  }

  get perSecond(): number {
    return 1 / (this.#seconds ?? Infinity);
  }
}

const LONGEST_BAR = 30;
const SHORTEST_BAR = 5;

function progressLine({ epoch, epochs, step, steps, ...progress }: Progress, stepsPerSecond: number, columns: number): string {
  const place = epochs === Infinity ? `epoch ${epoch}` : `epoch ${epoch}/${epochs}`;
  const rates = [
    ...(progress.tokensPerSecond > 0 ? [`${whole(progress.tokensPerSecond)} tokens/s`] : []),
    `${Number(stepsPerSecond.toPrecision(3)).toLocaleString("en")} steps/s`,
    ...(Number.isFinite(progress.secondsLeft) ? [`${clock(progress.secondsLeft)} left`] : []),
  ];
  const figures = [...scoresOf(progress), ...rates].join("  ");
  if (steps === Infinity) return `${place}  step ${whole(step)}  ${figures}`;
  const percent = `${String(Math.floor((100 * step) / steps)).padStart(3)} %`;
  const room = Math.min(LONGEST_BAR, columns - place.length - percent.length - figures.length - 4);
  if (room < SHORTEST_BAR) return `${place}  step ${whole(step)}/${whole(steps)}  ${percent.trim()}  ${figures}`;
  const full = Math.floor((room * step) / steps);
  return `${place} ${"█".repeat(full)}${"░".repeat(room - full)} ${percent}  ${figures}`;
}

function epochLine({ epoch, step, seconds, valid, ...summary }: EpochSummary): string {
  const metrics = Object.entries(valid?.metrics ?? {}).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  const validation = valid ? [`valid ${scoresOf(valid).join("  ")}`, ...metrics] : [];
  return [`epoch ${epoch}`, `step ${whole(step)}`, ...scoresOf(summary), ...validation, clock(seconds)].join("  ");
}

function scoresOf({ loss, accuracy }: { loss: number; accuracy: number }): string[] {
  return [`loss ${loss.toFixed(3)}`, ...(Number.isNaN(accuracy) ? [] : [`${(100 * accuracy).toFixed(1)} % right`])];
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");

/** `1:02:03`, `2:03` */
function clock(seconds: number): string {
  const total = Math.round(seconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}
