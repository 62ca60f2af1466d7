import { attentionBitmap } from "fovea/explain";
import { expect, test } from "vitest";

/** The colour of a pixel. */
const at = ({ width, pixels }: ReturnType<typeof attentionBitmap>, x: number, y: number): number[] => [
  ...pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];
const [PAPER, INK, BETWEEN] = [
  [255, 255, 255],
  [23, 60, 140],
  [160, 160, 160],
];

test("heads stand side by side, rows attend, the largest weight of each is the darkest", () => {
  const heads = [Float32Array.of(0, 1, 0, 0, 0.5, 0), Float32Array.of(0.2, 0, 0, 0, 0, 0)];
  const bitmap = attentionBitmap(heads, 2, 3); // cells of 16 pixels, 4 between the maps
  expect([bitmap.width, bitmap.height, bitmap.channels]).toEqual([2 * 48 + 4, 32, 3]);
  for (const [x, y] of [
    [16, 0],
    [31, 15],
    [52, 0],
    [67, 15],
  ] as const)
    expect(at(bitmap, x, y)).toEqual(INK);
  for (const [x, y] of [
    [15, 15],
    [32, 0],
    [47, 31],
    [68, 0],
    [99, 31],
  ] as const)
    expect(at(bitmap, x, y)).toEqual(PAPER);
  expect(at(bitmap, 20, 20)).toEqual(PAPER!.map((paper, i) => Math.round((paper + INK![i]!) / 2)));
  for (const x of [48, 51]) expect(at(bitmap, x, 10)).toEqual(BETWEEN);
});

test("long sequences get small cells, and a map of nothing stays white", () => {
  const bitmap = attentionBitmap([new Float32Array(300 * 7)], 300, 7);
  expect([bitmap.width, bitmap.height]).toEqual([7, 300]);
  expect(bitmap.pixels.every((byte) => byte === 255)).toBe(true);
});
