import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Callback,
  Checkpoints,
  dispose,
  type FitOptions,
  fit,
  init,
  jsonLines,
  lastCheckpoint,
  progressBar,
} from "../../ts/index.ts";
import { examples, model, optimizerOf } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-watching-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const data = examples(40); // 5 steps an epoch

function train(callbacks: readonly Callback[], options: Partial<FitOptions> = {}) {
  const learner = model();
  const chosen = { optimizer: optimizerOf(learner), epochs: 3, batchSize: 8, seed: 2, clipGradNorm: 1, valid: data, callbacks };
  return fit(learner, data, { ...chosen, ...options });
}

const killAfter = (last: number): Callback => ({
  onStep({ step }) {
    if (step === last) throw new Error("killed");
  },
});

describe("jsonLines", () => {
  const path = (): string => join(folder, "new", "metrics.jsonl");
  const lines = (): Record<string, unknown>[] =>
    readFileSync(path(), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const places = (): string[] => lines().map(({ type, epoch, step }) => `${type} ${epoch} ${step}`);

  test("writes a line an epoch, with what the training came to", async () => {
    const { epochs } = await train([jsonLines(path())]);
    expect(lines()).toEqual(
      epochs.map(({ valid, ...epoch }) => {
        const { loss, accuracy, examples: count } = valid!;
        return { type: "epoch", ...epoch, valid: { loss, accuracy, examples: count } };
      }),
    );
  });

  test("and one every so many steps; what is not finite is null", async () => {
    await train([jsonLines(path(), { everySteps: 2 })], { epochs: 1, clipGradNorm: undefined, valid: undefined });
    expect(places()).toEqual(["step 1 2", "step 1 4", "epoch 1 5"]);
    expect(lines()[0]).toMatchObject({ gradNorm: null, lr: 5e-3, loss: expect.any(Number) });
    expect(lines()[2]).not.toHaveProperty("valid");
  });

  test.each([5, 7, 10, 12])("killed in step %i and resumed it has each line once", async (killed) => {
    const callbacks = () => [jsonLines(path(), { everySteps: 1 }), new Checkpoints(folder, { everySteps: 3 })];
    const whole = await train(callbacks());
    const expected = lines();
    await expect(train([...callbacks(), killAfter(killed)])).rejects.toThrow("killed");
    writeFileSync(path(), '{"type":"st', { flag: "a" }); // half a line
    const result = await train(callbacks(), { resume: await lastCheckpoint(folder) });
    expect(result.steps).toBe(whole.steps);
    const timeless = (all: Record<string, unknown>[]) => all.map(({ seconds: _, tokensPerSecond: __, ...rest }) => rest);
    expect(timeless(lines())).toEqual(timeless(expected));
  });

  test("a training from its beginning begins the file anew", async () => {
    await train([jsonLines(path())]);
    await train([jsonLines(path())], { epochs: 1 });
    expect(places()).toEqual(["epoch 1 5"]);
  });

  test("refuses a file of something else, and leaves it as it is", async () => {
    const other = join(folder, "other.jsonl");
    writeFileSync(other, '{"text":"precious"}\n');
    await expect(train([jsonLines(other)])).rejects.toThrow(/other\.jsonl:1: jsonLines has not written this line/);
    expect(readFileSync(other, "utf8")).toBe('{"text":"precious"}\n');
    expect(() => jsonLines(other, { everySteps: 0 })).toThrow(/jsonLines: everySteps must be at least 1, got 0/);
  });
});

describe("progressBar", () => {
  const CLEAR = "\r\x1b[K";
  const screen = (isTTY: boolean, columns = 100) => {
    const written: string[] = [];
    return { written, output: { isTTY, columns, write: (text: string) => written.push(text) } };
  };

  test("draws over one line of a terminal, and leaves a line of each epoch", async () => {
    const { written, output } = screen(true);
    await train([progressBar({ output })]);
    const all = written.join("").replaceAll(CLEAR, "<");
    expect(all.match(/\n/g)).toHaveLength(3);
    expect(all).toMatch(
      /^<epoch 1\/3 █?░+ {3}6 % {2}loss \d\.\d{3} {2}\d+\.\d % right {2}[\d,]+ tokens\/s {2}[\d,.]+ steps\/s {2}\d:\d\d left/,
    );
    expect(all).toMatch(/epoch 3\/3 █+ 100 % .*<epoch 3 {2}step 15 {2}loss .* right {2}valid loss .* right {2}0:\d\d\n/);
    expect(all).toMatch(/\n<epoch 2\/3 █+░+ {2}40 % /);
    expect(all.endsWith("\n<")).toBe(true);
  });

  test.each([1, 20, 60, 81])("never writes past the end of a line of %i", async (columns) => {
    const { written, output } = screen(true, columns);
    await train([progressBar({ output })], { epochs: 1 });
    const drawn = written.filter((text) => !text.endsWith("\n")).map((text) => text.replace(CLEAR, ""));
    expect(drawn.length).toBeGreaterThan(1);
    expect(Math.max(...drawn.map((text) => [...text].length))).toBeLessThan(columns);
  });

  test("without a terminal it says little, in whole lines", async () => {
    const { written, output } = screen(false);
    await train([progressBar({ output })]);
    expect(written.map((text) => text.slice(0, 7))).toEqual(["epoch 1", "epoch 2", "epoch 3"]);
    expect(written.every((text) => text.endsWith("\n") && !text.includes("\r"))).toBe(true);
  });

  test("or a line for each step if it may", async () => {
    const { written, output } = screen(false);
    await train([progressBar({ output, secondsBetweenLines: 0 })], { epochs: 1 });
    expect(written).toHaveLength(6);
    expect(written[1]).toMatch(/^epoch 1\/1 {2}step 2\/5 {2}40 % {2}loss /);
  });

  test("knows no end of steps without number, and says why a training ended", async () => {
    const { written, output } = screen(false);
    const stopping: Callback = { onStep: ({ step }, training) => (step === 2 ? training.stop("enough") : undefined) };
    const unknown = { steps: Infinity, epochs: Infinity };
    await train([progressBar({ output, secondsBetweenLines: 0 }), stopping], unknown);
    expect(written[0]).toMatch(/^epoch 1 {2}step 1 {2}loss (?!.*left)/);
    expect(written.at(-1)).toBe("stopped: enough\n");
  });
});
