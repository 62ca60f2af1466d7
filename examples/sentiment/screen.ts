import { Presets, SingleBar } from "cli-progress";
import { clock, thousands } from "./report.ts";

/** How far a training is. */
export interface Standing {
  readonly epoch: number;
  readonly epochs: number;
  /** Of this epoch, from 1. */
  readonly step: number;
  readonly steps: number;
  /** Of this epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
  readonly tokensPerSecond: number;
  /** Of the whole training. */
  readonly secondsLeft: number;
}

/** Where a training shows itself. */
export interface Screen {
  say(text: string): void;
  show(standing: Standing): void;
}

const figures = ({ loss, accuracy, tokensPerSecond, secondsLeft }: Standing): string =>
  `loss ${loss.toFixed(3)}  ${(100 * accuracy).toFixed(1)} % right  ${thousands(tokensPerSecond)} tokens/s  ${clock(secondsLeft)} left`;

/** A bar that is drawn over and over on a terminal; elsewhere a line now and then. */
export function makeScreen(output: NodeJS.WriteStream = process.stdout): Screen {
  return output.isTTY ? new BarScreen(output) : new LineScreen(output);
}

const OTHER_TEXT = 70; // characters of a line beside the bar, at most
const SHORTEST_BAR = 4;
const LONGEST_BAR = 30;

class BarScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  #bar: SingleBar | null = null;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** Above the bar, which is gone until the next `show`. */
  say(text: string): void {
    this.#bar?.stop();
    this.#bar = null;
    this.#output.write(`${text}\n`);
  }

  show(standing: Standing): void {
    const { epoch, epochs, step, steps } = standing;
    const payload = { figures: figures(standing) };
    if (this.#bar === null) {
      const format = `${epoch}/${epochs} {bar} {percentage} %  {figures}`;
      const barsize = Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, this.#output.columns - OTHER_TEXT));
      const options = { format, barsize, stream: this.#output, clearOnComplete: true, fps: 10 };
      this.#bar = new SingleBar(options, Presets.shades_classic);
      this.#bar.start(steps, step, payload);
    }
    this.#bar.update(step, payload);
  }
}

const SECONDS_BETWEEN_LINES = 10;

class LineScreen implements Screen {
  readonly #output: NodeJS.WriteStream;
  #last = performance.now();

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  say(text: string): void {
    this.#output.write(`${text}\n`);
    this.#last = performance.now();
  }

  show(standing: Standing): void {
    if (performance.now() - this.#last < 1000 * SECONDS_BETWEEN_LINES) return;
    const { epoch, epochs, step, steps } = standing;
    this.say(`epoch ${epoch} of ${epochs}, step ${step} of ${steps}: ${figures(standing)}`);
  }
}
