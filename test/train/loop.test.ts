import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collate, DataLoader } from "../../ts/data/index.ts";
import {
  type Callback,
  cosineAnnealingLR,
  dispose,
  type Example,
  evaluate,
  exp,
  type FitEvent,
  type FitOptions,
  fit,
  init,
  Linear,
  log,
  Module,
  manualSeed,
  mseLoss,
  type Objective,
  runtime,
  SGD,
  scale,
  sqrt,
  sum,
  type Tensor,
  type TrainingData,
  tensor,
} from "../../ts/index.ts";
import { examples, model, optimizerOf } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

class Line extends Module {
  readonly linear = new Linear(2, 1);
  forward(x: Tensor): Tensor {
    return this.linear.forward(x);
  }
}

class Exploding extends Line {
  override readonly linear = new (class extends Linear {
    override forward(x: Tensor): Tensor {
      return exp(super.forward(x));
    }
  })(2, 1);
}

interface Pairs {
  x: Tensor;
  y: Tensor;
}

/** `y = 3 a − b + 1` at 12 places, in batches of these sizes. */
function pairs(...sizes: number[]): Pairs[] {
  let next = 0;
  return sizes.map((size) => {
    const places = Array.from({ length: size }, () => next++);
    const x = places.map((i) => [Math.sin(i), Math.cos(3 * i)]);
    return { x: tensor(x), y: tensor(x.map(([a, b]) => [3 * a! - b! + 1])) };
  });
}

const fitted: Objective<Line, Pairs> = (line, { x, y }) => ({ loss: mseLoss(line.forward(x), y), weight: x.shape[0]! });

function line(): Line {
  manualSeed(3);
  return new Line();
}

const parametersOf = (module: Module): number[] => module.parameters().flatMap((parameter) => [...parameter.view()]);

test("any model and batches, by an objective", async () => {
  const learner = line();
  const optimizer = new SGD(learner.parameters(), { lr: 0.1, momentum: 0.9 });
  const { epochs } = await fit(learner, pairs(5, 4, 3), { optimizer, objective: fitted, epochs: 60, valid: pairs(12) });
  expect(epochs.at(-1)!.loss).toBeLessThan(1e-3);
  expect(epochs.at(-1)!.accuracy).toBeNaN();
  expect((await evaluate(learner, pairs(2, 7), { objective: fitted })).loss).toBeLessThan(1e-3);
  expect([...learner.linear.weight.view()].map(Math.round)).toEqual([3, -1]);
});

describe("gradients that add up", () => {
  test.each([[[4, 4, 4]], [[5, 4, 3]], [[1, 11]]])("batches of %j make the step of one of 12", async (sizes) => {
    const [whole, parts] = [line(), line()];
    const options = { objective: fitted, epochs: 5, clipGradNorm: 2 };
    await fit(whole, pairs(12), { ...options, optimizer: new SGD(whole.parameters(), { lr: 0.1 }) });
    const optimizer = new SGD(parts.parameters(), { lr: 0.1 });
    const { steps } = await fit(parts, pairs(...sizes), { ...options, optimizer, accumulate: sizes.length });
    expect(steps).toBe(5);
    parametersOf(parts).forEach((value, i) => {
      expect(value).toBeCloseTo(parametersOf(whole)[i]!, 6);
    });
  });

  test("the last step of an epoch is of the batches that are left", async () => {
    const learner = line();
    const optimizer = new SGD(learner.parameters());
    const { steps } = await fit(learner, pairs(1, 1, 1, 1, 1), { objective: fitted, optimizer, accumulate: 2, epochs: 2 });
    expect(steps).toBe(6);
  });
});

describe("as a loop", () => {
  test("gives every step and epoch, and ends with break", async () => {
    const learner = line();
    const optimizer = new SGD(learner.parameters());
    const seen: FitEvent["type"][] = [];
    for await (const event of fit(learner, pairs(4, 8), { objective: fitted, optimizer, epochs: 3 })) {
      seen.push(event.type);
      if (event.type === "epoch" && event.epoch === 2) break;
    }
    expect(seen).toEqual(["step", "step", "epoch", "step", "step", "epoch"]);
    expect(learner.training).toBe(true);
  });

  test("begins by itself where nobody awaits it, and once", async () => {
    const learner = line();
    const before = parametersOf(learner);
    const training = fit(learner, pairs(12), { objective: fitted, optimizer: new SGD(learner.parameters(), { lr: 0.1 }) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = parametersOf(learner);
    expect(after).not.toEqual(before);
    expect((await training).steps).toBe(1);
    expect(parametersOf(learner)).toEqual(after);
    expect(() => training[Symbol.asyncIterator]()).toThrow(expect.objectContaining({ code: "STATE" }));
  });
});

test("so many steps, whatever that is in epochs", async () => {
  const learner = model();
  const { steps, epochs } = await fit(learner, examples(20), { optimizer: optimizerOf(learner), batchSize: 8, steps: 7 });
  expect(steps).toBe(7);
  expect(epochs.map(({ step }) => step)).toEqual([3, 6, 7]);
});

test("a callback may end it", async () => {
  const learner = model();
  const told: string[] = [];
  const ending: Callback = {
    onStart: () => void told.push("start"),
    onStep({ step }, training) {
      if (step === 3) training.stop("enough");
    },
    onEnd: (end) => void told.push(`end ${end?.stopped}`),
  };
  const result = await fit(learner, examples(20), {
    ...{ optimizer: optimizerOf(learner), batchSize: 4, epochs: 9 },
    callbacks: [ending],
  });
  expect(result).toMatchObject({ steps: 3, stopped: "enough" });
  expect(told).toEqual(["start", "end enough"]);
});

describe("the first number that is not finite is named", () => {
  const naming = async (objective: Objective<Line, Pairs>, learner = line()): Promise<string> => {
    const optimizer = new SGD(learner.parameters(), { lr: 0.1 });
    const training = fit(learner, pairs(6, 6), { objective, optimizer, clipGradNorm: 1 });
    const error: unknown = await training.then(() => null).catch((error) => error);
    expect(error).toMatchObject({ code: "STATE" });
    return String(error);
  };

  test("in the forward pass, with the module", async () => {
    const message = await naming((line, batch) => {
      line.linear.weight.view().fill(1e4);
      return fitted(line, batch);
    }, new Exploding());
    expect(message).toMatch(/in step 1: first in unaryForward of linear, which wrote Infinity into out; lower/);
  });

  test("in the backward pass", async () => {
    const message = await naming((line, { x }) => {
      const zero = scale(line.forward(x), 0);
      return mseLoss(exp(scale(log(exp(zero)), 1)), scale(exp(zero), 1e30));
    });
    expect(message).toMatch(/must be finite, got \S+ in step 1: first in \w+, which wrote/);
  });
});

describe("gradients that are not finite, of a loss that is", () => {
  /** The root's slope at 0 is infinite. */
  const steep: Objective<Line, Pairs> = (line, { x }) => sum(sqrt(scale(line.forward(x), 0)));

  test.each([
    ["without clipping", {}],
    ["with clipping", { clipGradNorm: 1 }],
    ["in the first of two batches of a step", { accumulate: 2 }],
  ])("end it before they spoil the parameters, and are named: %s", async (_, options) => {
    const learner = line();
    const before = parametersOf(learner);
    const optimizer = new SGD(learner.parameters(), { lr: 0.1 });
    const objective: Objective<Line, Pairs> = (line, batch) => (batch.x.shape[0] === 5 ? steep : fitted)(line, batch);
    await expect(fit(learner, pairs(5, 7), { objective, optimizer, ...options })).rejects.toThrow(
      /gradients must be finite, got (NaN|Infinity) in step 1: first in unaryBackward, which wrote Infinity into dX/,
    );
    expect(parametersOf(learner)).toEqual(before);
  });

  test("finite ones whose squares go over do not", async () => {
    const learner = line();
    const optimizer = new SGD(learner.parameters(), { lr: 1e-25 });
    await fit(learner, pairs(6), { objective: (line, { x }) => scale(sum(line.forward(x)), 1e25), optimizer });
    expect(parametersOf(learner).every(Number.isFinite)).toBe(true);
  });
});

test("a schedule that gives no number is refused, and changes nothing", async () => {
  const learner = line();
  const before = parametersOf(learner);
  const options = { objective: fitted, optimizer: new SGD(learner.parameters()), schedule: cosineAnnealingLR({ tMax: 0 }) };
  await expect(fit(learner, pairs(6), options)).rejects.toThrow(/schedule: the factor of the rate must be finite, got NaN/);
  expect(parametersOf(learner)).toEqual(before);
});

test("batches of no weight are refused, and change nothing", async () => {
  const learner = line();
  const before = parametersOf(learner);
  const optimizer = new SGD(learner.parameters(), { lr: 0.1 });
  const objective: Objective<Line, Pairs> = (line, batch) => ({ loss: mseLoss(line.forward(batch.x), batch.y), weight: 0 });
  const training = fit(learner, pairs(6, 6), { objective, optimizer, accumulate: 2 });
  await expect(training).rejects.toThrow(/fit: the weights of a step's batches must come to more than 0, got 0/);
  expect(parametersOf(learner)).toEqual(before);
});

describe("data without a batch are refused, where a training would go on for ever", () => {
  const few = examples(3);
  const loader = (data: Iterable<Example>, options = {}) =>
    new DataLoader(data, { batchSize: 4, collate: (items) => collate(items), ...options });
  const cases: [string, () => TrainingData, object?][] = [
    ["an empty loader", () => loader([])],
    ["a loader that leaves out its only batch", () => loader(few, { dropLast: true })],
    ["examples whose only batch is left out", () => few, { batchSize: 4, dropLast: true }],
  ];

  test.each(cases)("%s", async (_, data, options = {}) => {
    const learner = model();
    const training = fit(learner, data(), { optimizer: optimizerOf(learner), steps: 2, ...options });
    await expect(training).rejects.toThrow(/fit: the data gave no batch; dropLast/);
    await expect(evaluate(learner, data(), options)).rejects.toThrow(/evaluate: the data gave no batch/);
    const validated = fit(learner, few, { optimizer: optimizerOf(learner), valid: loader([]) });
    await expect(validated).rejects.toThrow(/evaluate: the data gave no batch/);
  });

  test("a generator, of which nothing is left for a second epoch", async () => {
    const learner = model();
    const once = (function* () {
      yield* few;
    })();
    const training = fit(learner, loader(once), { optimizer: optimizerOf(learner), epochs: 2 });
    await expect(training).rejects.toThrow(/fit: the data gave no batch/);
    expect(learner.training).toBe(true);
  });
});

test("what is no data and no optimizer is refused", async () => {
  const learner = model();
  for (const data of [undefined, 5, { ids: [1], label: 0 }] as unknown as Example[][])
    await expect(fit(learner, data, { optimizer: optimizerOf(learner) })).rejects.toThrow(/fit: data must be something to loop/);
  await expect(fit(learner, examples(2), {} as FitOptions)).rejects.toThrow(/fit: optimizer must be given/);
});

test("a training leaves no memory behind", async () => {
  const before = runtime.memory.used;
  const learner = line();
  const optimizer = new SGD(learner.parameters(), { momentum: 0.9 });
  const data = pairs(5, 7);
  await fit(learner, data, { objective: fitted, optimizer, accumulate: 2, epochs: 2, clipGradNorm: 1 });
  optimizer.dispose();
  learner.dispose();
  for (const { x, y } of data) for (const part of [x, y]) part.dispose();
  expect(runtime.memory.used).toBe(before);
});

test("what is no count is refused", async () => {
  const learner = model();
  for (const wrong of [{ epochs: -1 }, { epochs: 0.5 }, { steps: -1 }, { accumulate: 0 }])
    await expect(fit(learner, examples(4), { optimizer: optimizerOf(learner), ...wrong })).rejects.toThrow(
      expect.objectContaining({ code: "RANGE" }),
    );
});
