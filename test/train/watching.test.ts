import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attentionMap } from "../../ts/explain/index.ts";
import {
  type Callback,
  Checkpoints,
  dispose,
  type FitOptions,
  fit,
  htmlReport,
  init,
  jsonLines,
  lastCheckpoint,
  type Progress,
  progressBar,
  type Training,
  tensor,
  tensorBoard,
  weightsAndBiases,
} from "../../ts/index.ts";
import { doublesOf, fieldsOf, readEvents, textOf } from "../io/eventFile.ts";
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

/** Keeps the last snapshot that a process would have found if it had been killed: of every third step, and of epochs. */
class Snapshots implements Callback {
  last: Uint8Array | null = null;

  onStep({ step }: Progress, training: Training): void {
    if (step % 3 === 0) this.last = training.snapshot();
  }

  onEpoch(_: unknown, training: Training): void {
    this.last = training.snapshot();
  }
}

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
    const snapshots = new Snapshots();
    const watching = () => jsonLines(path(), { everySteps: 1 });
    const whole = await train([watching()]);
    const expected = lines();
    await expect(train([watching(), snapshots, killAfter(killed)])).rejects.toThrow("killed");
    writeFileSync(path(), '{"type":"st', { flag: "a" }); // half a line
    const result = await train([watching()], { resume: snapshots.last });
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

/** What the learner attends to in one sequence, as a sample and as a map. */
function mapOf({ model: learner }: Training) {
  const ids = tensor([3, 1, 4], [1, 3], { dtype: "int32" });
  const { weights } = (learner as ReturnType<typeof model>).forward(ids, { needWeights: true });
  expect(learner.training).toBe(false);
  return [attentionMap(["a", "b", "c"], weights)];
}

describe("htmlReport", () => {
  const path = (): string => join(folder, "new", "report.html");
  /** The values of a chart's curve, by where they stand. */
  const curve = (title: string, name: string): [number, number][] => {
    const [, svg] = new RegExp(`<title>${title}</title>(.*?)</svg>`).exec(readFileSync(path(), "utf8"))!;
    return [...svg!.matchAll(new RegExp(`<title>${name}, (\\d+): ([^<]+)</title>`, "g"))].map(([, at, value]) => [
      Number(at),
      Number(value),
    ]);
  };

  test("has every curve, facts and attention, and no more files", async () => {
    const metric = () => ({ add: () => undefined, value: 0.75 });
    const callbacks = [htmlReport(path(), { title: "reviews", facts: ["a <fact>"], samples: mapOf })];
    const { epochs } = await train(callbacks, { metrics: { f1: metric } });
    const rounded = (value: number) => Number(value.toPrecision(4));
    expect(curve("loss", "train")).toHaveLength(15);
    expect(curve("loss", "valid")).toEqual(epochs.map(({ step, valid }) => [step, rounded(valid!.loss)]));
    expect(curve("accuracy", "train")).toEqual(epochs.map(({ step, accuracy }) => [step, rounded(accuracy)]));
    expect(curve("f1", "valid")).toEqual([5, 10, 15].map((step) => [step, 0.75]));
    expect(curve("learning rate", "lr")[0]).toEqual([1, 0.005]);
    expect(curve("norm of the gradients", "gradNorm")).toHaveLength(15);
    const page = readFileSync(path(), "utf8");
    for (const part of ["<title>reviews</title>", "a &lt;fact&gt;", "epoch 3, step 15: finished", "layer 1, head 2"])
      expect(page).toContain(part);
    expect(readdirSync(join(folder, "new"))).toEqual(["report.html"]);
  });

  test("says where it ended, and goes on with its curves", async () => {
    const callbacks = () => [htmlReport(path()), new Checkpoints(folder, { everySteps: 1 })];
    await train(callbacks());
    const whole = curve("loss", "train");
    await expect(train([...callbacks(), killAfter(7)])).rejects.toThrow("killed");
    expect(readFileSync(path(), "utf8")).toContain("epoch 1, step 7: ended before its last step");
    await train(callbacks(), { resume: await lastCheckpoint(folder) });
    expect(curve("loss", "train")).toEqual(whole);
  });

  test("keeps few points of many steps, each a mean", async () => {
    await train([htmlReport(path())], { epochs: 50, valid: undefined, accumulate: 1 });
    const points = curve("learning rate", "lr");
    expect(points).toHaveLength(125);
    expect(points.at(-1)).toEqual([250, 0.005]);
    expect(curve("accuracy", "valid")).toEqual([]);
  });
});

describe("tensorBoard", () => {
  const board = (): string => join(folder, "board");
  /** Tags with their steps, in the order of the files. */
  const written = () => {
    const files = readdirSync(board()).sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)));
    return files.map((file) =>
      readEvents(join(board(), file)).flatMap((event) => {
        const values = event.has(5) ? fieldsOf(event.get(5)![0] as Uint8Array).get(1)! : [];
        return values.map((value) => {
          const fields = fieldsOf(value as Uint8Array);
          return { tag: textOf(fields.get(1)![0]), step: event.get(2)![0] as number, fields };
        });
      }),
    );
  };

  test("has curves of steps and epochs, histograms, texts and attention", async () => {
    const learner = model();
    const options = { histograms: true, attention: mapOf, texts: { settings: "lr **5e-3**" } };
    const { epochs } = await fit(learner, data, {
      ...{ optimizer: optimizerOf(learner), epochs: 2, batchSize: 8, seed: 2, valid: data },
      callbacks: [tensorBoard(board(), options)],
    });
    const [events] = written();
    const of = (tag: string) => events!.filter((event) => event.tag === tag);
    expect(of("train/loss").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(of("train/gradNorm")).toEqual([]); // without clipping there is none
    expect(of("valid/loss").map(({ step, fields }) => [step, fields.get(2)![0]])).toEqual(
      epochs.map(({ step, valid }) => [step, Math.fround(valid!.loss)]),
    );
    expect(of("settings")).toHaveLength(1);
    for (const [name, parameter] of learner.namedParameters()) {
      const last = fieldsOf(of(`parameters/${name}`)[1]!.fields.get(5)![0] as Uint8Array);
      expect(doublesOf(last.get(7)![0]).reduce((sum, count) => sum + count)).toBe(parameter.length);
      expect(of(`gradients/${name}`)).toHaveLength(2);
    }
    const image = fieldsOf(of("attention/1/layer 1")[1]!.fields.get(4)![0] as Uint8Array);
    expect([1, 2, 3].map((field) => image.get(field)![0])).toEqual([48, 2 * 48 + 4, 3]);
  });

  test("a training that goes on begins a file that forgets what it does again", async () => {
    const snapshots = new Snapshots();
    const watching = () => tensorBoard(board(), { everySteps: 2 });
    await expect(train([watching(), snapshots, killAfter(8)])).rejects.toThrow("killed");
    await train([watching()], { resume: snapshots.last });
    const [, second] = readdirSync(board()).sort();
    const restart = readEvents(join(board(), second!))[1]!;
    expect([restart.get(2)![0], fieldsOf(restart.get(7)![0] as Uint8Array).get(1)![0]]).toEqual([7, 1]);
    const steps = written().map((events) => events.filter(({ tag }) => tag === "train/loss").map(({ step }) => step));
    expect(steps).toEqual([
      [2, 4, 6, 8],
      [8, 10, 12, 14],
    ]);
    expect(() => tensorBoard(board(), { everySteps: 0 })).toThrow(/tensorBoard: everySteps/);
  });
});

describe("weightsAndBiases", () => {
  /** As a `Run` of @wandb/sdk 0.5.1 does: the object it is given gets a step more, and `finish` takes its time. */
  class Run {
    readonly history: Record<string, unknown>[] = [];
    exitCode: number | null = null;
    #step = 0;

    log(values: Record<string, unknown>, step?: number): void {
      if (step !== undefined) this.#step = step;
      values._step = this.#step;
      this.history.push(values);
      if (step === undefined) this.#step += 1;
    }

    async finish(code?: number): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.exitCode = code ?? 0;
    }
  }

  test("gets the numbers of steps and epochs at their steps, and is finished", async () => {
    const run = new Run();
    const { epochs } = await train([weightsAndBiases(run, { everySteps: 5 })]);
    expect(run.history.map(({ _step }) => _step)).toEqual([5, 10, 15]);
    expect(run.history[0]).toMatchObject({
      ...{ _step: 5, "train/lr": 5e-3, "train/loss": expect.any(Number), "train/gradNorm": expect.any(Number) },
      ...{ "train/tokensPerSecond": expect.any(Number), epoch: 1 },
    });
    expect(run.history[2]).toMatchObject({ epoch: 3, "valid/loss": epochs[2]!.valid!.loss, "epoch/loss": epochs[2]!.loss });
    expect(run.exitCode).toBe(0);
  });

  test("one row a step, so that the package does not put an epoch's scores to a later one", async () => {
    const run = new Run();
    const { epochs } = await train([weightsAndBiases(run)]);
    expect(run.history.map(({ _step }) => _step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    const ends = run.history.filter(({ epoch }) => epoch !== undefined);
    expect(ends.map(({ _step, epoch }) => [_step, epoch])).toEqual(epochs.map(({ step, epoch }) => [step, epoch]));
  });

  test("is told of a failure", async () => {
    const run = new Run();
    await expect(train([weightsAndBiases(run), killAfter(2)])).rejects.toThrow("killed");
    expect(run.exitCode).toBe(1);
    expect(() => weightsAndBiases(run, { everySteps: Number.NaN })).toThrow(/weightsAndBiases: everySteps/);
  });
});
