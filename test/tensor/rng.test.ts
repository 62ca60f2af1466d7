import { expect, it } from "vitest";
import { ln, manualSeed, nextKey, Rng, rng, rngState, setRngState } from "../../ts/tensor/rng.ts";

it("is xoshiro128**: the published numbers for the state 1, 2, 3, 4", () => {
  const random = new Rng(0);
  random.state = [1, 2, 3, 4];
  const numbers = Array.from({ length: 10 }, () => random.uint32());
  expect(numbers).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]);
});

it("starts apart for seeds that are close, negative, fractional or large", () => {
  const first = [0, 1, 2, -1, 0.5, 2 ** 40, 2 ** 40 + 1].map((seed) => new Rng(seed).uint32());
  expect(new Set(first).size).toBe(first.length);
});

it("draws whole numbers below a limit, each as often", () => {
  const random = new Rng(1);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i += 1) counts[random.below(7)]! += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400); // over 4 standard deviations
});

it("draws normal numbers: moments and tails", () => {
  const random = new Rng(2);
  const numbers = Array.from({ length: 200_000 }, () => random.normal());
  const moment = (power: number) => numbers.reduce((sum, x) => sum + x ** power, 0) / numbers.length;
  expect([moment(1), moment(2), moment(3), moment(4)].map((x) => Math.round(x * 10) / 10 + 0)).toEqual([0, 1, 0, 3]);
  const beyond3 = numbers.filter((x) => Math.abs(x) > 3).length / numbers.length;
  expect(beyond3).toBeGreaterThan(0.002);
  expect(beyond3).toBeLessThan(0.0034);
});

it("draws normal numbers with the same bits on every engine: these, once and for all", () => {
  const random = new Rng(42);
  const bits = Array.from(new BigInt64Array(Float64Array.from({ length: 4 }, () => random.normal()).buffer));
  expect(bits.map((word) => word.toString(16))).toMatchInlineSnapshot(`
    [
      "-4016e213f101846a",
      "3fd6b5a0e84badab",
      "3ff40293c3792b8a",
      "-40769862d1f95bdf",
    ]
  `);
});

it("has a logarithm that agrees with Math.log to two units in the last place", () => {
  const random = new Rng(5);
  for (let i = 0; i < 20_000; i += 1) {
    const x = random.uniform() ** (1 + random.below(12)) + 2 ** -1000;
    const exact = Math.log(x);
    expect(Math.abs(ln(x) - exact)).toBeLessThanOrEqual(2 * 2 ** -52 * Math.max(Math.abs(exact), 2 ** -20));
  }
  expect(ln(1)).toBe(0);
});

it("shuffles all there is, every order as likely", () => {
  const random = new Rng(3);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i += 1) {
    const order = random.shuffle(["a", "b", "c"]).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

it("goes on from a saved state, a half-used pair of normal numbers included", () => {
  manualSeed(9);
  rng.normal();
  nextKey();
  const state = JSON.parse(JSON.stringify(rngState()));
  const draw = () => [rng.normal(), rng.normal(), rng.uniform(), nextKey()];
  const expected = draw();
  setRngState(state);
  expect(draw()).toEqual(expected);
});

it("gives dropout keys that are int32s and do not disturb the other numbers", () => {
  manualSeed(4);
  const expected = [rng.uint32(), rng.uint32()];
  manualSeed(4);
  const first = rng.uint32();
  const keys = Array.from({ length: 100 }, nextKey);
  expect([first, rng.uint32()]).toEqual(expected);
  expect(keys.every((key) => (key | 0) === key)).toBe(true);
  expect(new Set(keys).size).toBe(100);
});
