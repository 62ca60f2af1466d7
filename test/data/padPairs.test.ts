import { afterAll, beforeAll, expect, test } from "vitest";
import { padPairs } from "../../ts/data/index.ts";
import { dispose, init } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const pairs = [
  [
    [5, 6, 7],
    [8, 9],
  ],
  [[], [4]],
] as const;

test("pairs stand one behind the other, told apart", () => {
  const { ids, lengths, tokenTypes } = padPairs(pairs, { begin: 1, separator: 2 });
  expect(lengths).toEqual([8, 4]);
  expect(ids.toNested()).toEqual([
    [1, 5, 6, 7, 2, 8, 9, 2],
    [1, 2, 4, 2, 0, 0, 0, 0],
  ]);
  expect(tokenTypes.toNested()).toEqual([
    [0, 0, 0, 0, 0, 1, 1, 1],
    [0, 0, 1, 1, 0, 0, 0, 0],
  ]);
  expect(padPairs(pairs, { separator: 2 }).ids.toNested()).toEqual([
    [5, 6, 7, 2, 8, 9, 2],
    [2, 4, 2, 0, 0, 0, 0],
  ]);
});

test("pairs that are too long lose of the longer, or of the one that is named", () => {
  const cut = (truncation?: "onlyFirst" | "onlySecond") =>
    (padPairs(pairs.slice(0, 1), { separator: 2, maxLen: 5, truncation }).ids.toNested() as number[][])[0];
  expect(cut()).toEqual([5, 6, 2, 8, 2]);
  expect(cut("onlyFirst")).toEqual([5, 2, 8, 9, 2]);
  expect(cut("onlySecond")).toEqual([5, 6, 7, 2, 2]);
  expect(padPairs(pairs, { separator: 2, maxLen: 9, padTo: "maxLen" }).tokenTypes.shape).toEqual([2, 9]);
  expect(() => padPairs(pairs, { separator: 2, maxLen: 1 })).toThrow("padPairs: maxLen must have room for 2 marks, got 1");
});
