// One line per step of the set-up: what it does, how it goes, how long it took.
import { mkdirSync, rmSync } from "node:fs";
import { root } from "./paths.mjs";

/** Stops the set-up with one sentence a newcomer can act on. */
export class SetupError extends Error {}

export const LOGS = root(".setup/logs");
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const STILL_EVERY = 30_000; // without a terminal: a sign of life, so that a log does not look stuck

/**
 * Runs one step and prints its line.
 * @template T
 * @param {string} title
 * @param {(say: (status: string) => void, log: string) => Promise<T>} work says how it goes; its commands' output goes to the file `log`
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  mkdirSync(LOGS, { recursive: true });
  const log = `${LOGS}/${title.replace(/\W+/g, "-").toLowerCase()}.txt`;
  rmSync(log, { force: true });
  const line = process.stdout.isTTY ? spinner(title) : plainLine(title);
  const start = performance.now();
  try {
    const result = await work(line.say, log);
    line.end("✓", seconds(start));
    return result;
  } catch (error) {
    line.end("✗", seconds(start));
    throw error;
  }
}

const seconds = (/** @type {number} */ since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** @param {string} title */
function spinner(title) {
  const start = performance.now();
  let status = "";
  let frame = 0;
  const draw = () => {
    const text = `${FRAMES[frame++ % FRAMES.length]} ${title} · ${seconds(start)}${status && ` · ${status}`}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns || 80) - 1)}`);
  };
  const timer = setInterval(draw, 100);
  draw();
  return {
    say: (/** @type {string} */ text) => {
      status = text;
    },
    end: (/** @type {string} */ mark, /** @type {string} */ took) => {
      clearInterval(timer);
      process.stdout.write(`\r\x1b[2K${mark} ${title} · ${took}\n`);
    },
  };
}

/** @param {string} title */
function plainLine(title) {
  const start = performance.now();
  let status = "";
  console.log(`· ${title} …`);
  const timer = setInterval(
    () => console.log(`  ${title}: still going after ${seconds(start)}${status && ` (${status})`}`),
    STILL_EVERY,
  );
  return {
    say: (/** @type {string} */ text) => {
      status = text;
    },
    end: (/** @type {string} */ mark, /** @type {string} */ took) => {
      clearInterval(timer);
      console.log(`${mark} ${title} · ${took}`);
    },
  };
}
