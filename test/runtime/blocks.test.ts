import { expect, it } from "vitest";
import { Blocks, roundToClass } from "../../ts/runtime/blocks.ts";
import { Rng } from "../../ts/tensor/rng.ts";

it("never hands out the same unit twice, and all is one block again when everything has come back", () => {
  const random = new Rng(7);
  const blocks = new Blocks();
  const owner = new Int32Array(1 << 16).fill(-1);
  blocks.add(0, owner.length);
  const taken: { start: number; size: number }[] = [];
  for (let step = 0; step < 20_000; step += 1) {
    if (taken.length > 0 && random.uniform() < 0.5) {
      const { start, size } = taken.splice(random.below(taken.length), 1)[0]!;
      expect(blocks.give(start)).toBe(size);
      owner.fill(-1, start, start + size);
      continue;
    }
    const size = roundToClass(1 + random.below(random.uniform() < 0.9 ? 64 : 4096));
    const start = blocks.take(size);
    if (start < 0) continue;
    expect(start + size).toBeLessThanOrEqual(owner.length);
    if (!owner.subarray(start, start + size).every((unit) => unit === -1))
      throw new Error(`step ${step}: ${start} is taken already`);
    owner.fill(step, start, start + size);
    taken.push({ start, size });
  }
  for (const { start } of taken) blocks.give(start);
  expect(blocks.take(owner.length)).toBe(0);
});

it("finds a block whenever there is one large enough", () => {
  const blocks = new Blocks();
  blocks.add(0, 1000);
  const sizes = [1, 31, 32, 33, 63, 64, 66, 100, 128].map(roundToClass);
  const starts = sizes.map((size) => blocks.take(size));
  expect(starts.every((start) => start >= 0)).toBe(true);
  starts.forEach((start) => {
    blocks.give(start);
  });
  expect(blocks.take(roundToClass(992))).toBe(0);
});

it("joins a stretch to the one before it if they touch, and not if they do not", () => {
  const blocks = new Blocks();
  blocks.add(0, 100);
  blocks.add(100, 100);
  blocks.add(300, 100);
  expect(blocks.tail(400)).toBe(100);
  expect(blocks.take(roundToClass(200))).toBe(0);
  expect(blocks.take(roundToClass(101))).toBe(-1);
  expect(blocks.take(100)).toBe(300);
});

it("knows where the highest free stretch starts, whatever was taken from it or came back beside it", () => {
  const blocks = new Blocks();
  blocks.add(0, 100);
  const low = blocks.take(10);
  expect(blocks.tail(100)).toBe(90);
  const high = blocks.take(20);
  expect(blocks.tail(100)).toBe(70);
  blocks.give(high);
  expect(blocks.tail(100)).toBe(90);
  blocks.add(100, 50);
  expect(blocks.tail(150)).toBe(140);
  expect(blocks.tail(151)).toBe(0);
  blocks.give(low);
  expect(blocks.tail(150)).toBe(150);
});

it("knows neither addresses it did not give nor ones that have come back", () => {
  const blocks = new Blocks();
  blocks.add(0, 100);
  const start = blocks.take(10);
  expect(blocks.give(start + 1)).toBe(-1);
  expect(blocks.give(start)).toBe(10);
  expect(blocks.give(start)).toBe(-1);
});

it("rounds a size up by at most 1/32", () => {
  for (let size = 1; size < 1 << 26; size = Math.ceil(size * 1.01)) {
    const rounded = roundToClass(size);
    expect(rounded).toBeGreaterThanOrEqual(size);
    expect(rounded).toBeLessThanOrEqual(size * (1 + 1 / 32));
    expect(roundToClass(rounded)).toBe(rounded);
  }
});
