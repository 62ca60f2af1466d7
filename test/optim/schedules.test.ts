import { describe, expect, test } from "vitest";
import {
  applySchedule,
  cosineAnnealingLR,
  type Optimizer,
  oneCycleLR,
  ReduceLROnPlateau,
  type Schedule,
  stepLR,
  warmupConstant,
  warmupCosine,
  warmupLinear,
  warmupPolynomial,
  withWarmup,
} from "../../ts/index.ts";

const over = (schedule: Schedule, total: number) =>
  Array.from({ length: total + 1 }, (_, step) => Number(schedule(step, total).toFixed(6)));

test("the rate rises in a straight line, then", () => {
  const options = { warmupSteps: 2 };
  expect(over(warmupConstant(options), 6)).toEqual([0, 0.5, 1, 1, 1, 1, 1]);
  expect(over(warmupLinear(options), 6)).toEqual([0, 0.5, 1, 0.75, 0.5, 0.25, 0]);
  expect(over(warmupCosine(options), 6)).toEqual([0, 0.5, 1, 0.853553, 0.5, 0.146447, 0]);
});

test("without warm-up it starts at 1", () => {
  expect(over(warmupCosine(), 4)[0]).toBe(1);
  expect(over(warmupLinear(), 4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
});

test("the warm-up may be a share of all steps", () => {
  expect(over(warmupLinear({ warmupRatio: 0.25 }), 8)).toEqual(over(warmupLinear({ warmupSteps: 2 }), 8));
});

test("past the last step it stays at its end", () => {
  expect(warmupCosine()(9, 4)).toBe(0);
  expect(warmupLinear()(9, 4)).toBe(0);
});

test("any schedule may have a warm-up before it", () => {
  expect(over(withWarmup(stepLR({ stepSize: 2, gamma: 0.5 }), { warmupSteps: 2 }), 7)).toEqual([
    0, 0.5, 1, 1, 0.5, 0.5, 0.25, 0.25,
  ]);
  expect(
    over(
      withWarmup(() => 0.5, { warmupSteps: 4, startFactor: 0.2 }),
      4,
    ),
  ).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  const cycle = withWarmup(oneCycleLR(), { warmupSteps: 3 });
  expect(cycle.momentum!(0, 33)).toBe(0.95);
  expect(cycle.momentum!(3 + 8, 33)).toBeCloseTo(0.85, 12);
});

test("one cycle changes the momentum too, or the first beta", () => {
  const [sgd, adam] = [
    { params: [], lr: 1, initialLr: 2, momentum: 0.9 },
    { params: [], lr: 1, initialLr: 3, betas: [0.9, 0.99] as const },
  ];
  const optimizer = { groups: [sgd, adam] } as unknown as Optimizer;
  applySchedule(optimizer, oneCycleLR(), 29, 100);
  expect(sgd).toMatchObject({ lr: 2, momentum: 0.85 });
  expect(adam).toMatchObject({ lr: 3, betas: [0.85, 0.99] });
  applySchedule(optimizer, oneCycleLR({ cycleMomentum: false }), 0, 100);
  expect(sgd).toMatchObject({ lr: 2 / 25, momentum: 0.85 });
});

describe("a plateau", () => {
  test("goes on from its state, through JSON, and refuses what is none", () => {
    const options = { patience: 1, schedule: warmupConstant({ warmupSteps: 2 }) };
    const [whole, first, second] = [0, 1, 2].map(() => new ReduceLROnPlateau(options)) as [
      ReduceLROnPlateau,
      ReduceLROnPlateau,
      ReduceLROnPlateau,
    ];
    for (const metric of [3, 3, 3, 3]) whole.step(metric);
    for (const metric of [3, 3]) first.step(metric);
    second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
    for (const metric of [3, 3]) second.step(metric);
    expect(second.stateDict()).toEqual(whole.stateDict());
    expect(second.at(1, 9)).toBeCloseTo(0.05, 12);
    expect(() => second.loadStateDict({ ...whole.stateDict(), bad: Number.NaN })).toThrow(
      expect.objectContaining({ code: "STATE" }),
    );
    expect(second.stateDict()).toEqual(whole.stateDict());
  });

  test("takes a metric that is not a number as no improvement", () => {
    const plateau = new ReduceLROnPlateau({ patience: 0 });
    for (const metric of [Number.NaN, 1]) plateau.step(metric);
    expect(plateau.stateDict()).toMatchObject({ factor: 0.1, best: 1 });
  });
});

describe("what is out of range is refused", () => {
  test.each([{ warmupSteps: -1 }, { warmupSteps: Number.NaN }, { warmupRatio: 1.5 }])("%o", (options) => {
    expect(() => warmupCosine(options)).toThrow(expect.objectContaining({ code: "RANGE" }));
  });
});

test.each([
  ["cosineAnnealingLR", cosineAnnealingLR()],
  ["oneCycleLR", oneCycleLR()],
  ["warmupLinear", warmupLinear()],
  ["warmupCosine", warmupCosine({ warmupSteps: 2 })],
  ["warmupPolynomial", warmupPolynomial()],
  ["warmupConstant", warmupConstant({ warmupRatio: 0.1 })],
  ["withWarmup", withWarmup(() => 1, { warmupRatio: 0.1 })],
] as const)("%s refuses a number of steps that nobody knows", (name, schedule) => {
  expect(() => schedule(0, Infinity)).toThrow(`${name}: the number of all steps must be known, got Infinity`);
});

test("schedules that do not count on the number of steps need not know it", () => {
  expect(warmupConstant({ warmupSteps: 2 })(1, Infinity)).toBe(0.5);
  expect(warmupConstant()(0, Infinity)).toBe(1);
  expect(withWarmup(cosineAnnealingLR({ tMax: 4 }), { warmupSteps: 2 })(4, Infinity)).toBeCloseTo(0.5, 12);
  expect(oneCycleLR({ totalSteps: 10 })(2, Infinity)).toBeCloseTo(1, 12);
});

describe("a plateau's options", () => {
  test("one left undefined is the default", () => {
    const plateau = new ReduceLROnPlateau({ patience: undefined as unknown as number, mode: undefined as unknown as "min" });
    for (let i = 0; i < 11; i += 1) plateau.step(1);
    expect(plateau.at(0, 1)).toBe(1);
    plateau.step(1);
    expect(plateau.at(0, 1)).toBeCloseTo(0.1, 12);
  });

  test.each([
    { patience: Number.NaN },
    { mode: "lower" as "min" },
    { thresholdMode: "relative" as "rel" },
    { threshold: -1 },
    { cooldown: -1 },
    { minFactor: -1 },
  ])("%j is refused", (options) => {
    expect(() => new ReduceLROnPlateau(options)).toThrow(/^ReduceLROnPlateau: \w+ must be/);
  });
});
