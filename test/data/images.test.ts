import { dispose, init } from "fovea";
import {
  affinePicture,
  cropPicture,
  flipPicture,
  normalizePicture,
  type Picture,
  patches,
  picture,
  randomAffine,
  randomFlip,
  randomShift,
  shiftPicture,
  stackPictures,
} from "fovea/data";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Rng } from "../../ts/tensor/rng.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** 2 channels of 2 rows and 4 columns: 0 … 7 and 10 … 17. */
const image = picture([0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17], [2, 2, 4]);
const first = ({ values, height, width }: Picture): number[][] =>
  Array.from({ length: height }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);

test("pictures are moved, cut and turned pixel by pixel, in every channel", () => {
  expect(first(flipPicture(image))).toEqual([
    [3, 2, 1, 0],
    [7, 6, 5, 4],
  ]);
  expect([...flipPicture(image).values.subarray(8)]).toEqual([13, 12, 11, 10, 17, 16, 15, 14]);
  expect(flipPicture(flipPicture(image))).toEqual(image);
  expect(first(shiftPicture(image, 1, -2, 9))).toEqual([
    [9, 9, 9, 9],
    [2, 3, 9, 9],
  ]);
  expect(first(cropPicture(image, 0, 1, 2, 2))).toEqual([
    [1, 2],
    [5, 6],
  ]);
  expect(first(cropPicture(image, -1, 3, 2, 2, 8))).toEqual([
    [8, 8],
    [3, 8],
  ]);
});

test("pictures are turned, scaled, slanted and moved between pixels", () => {
  const near = (made: Picture, expected: number[][]): void => {
    for (const [i, value] of made.values.subarray(0, made.height * made.width).entries())
      expect(value).toBeCloseTo(expected.flat()[i]!, 5);
  };
  const square = picture([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3]);
  expect(affinePicture(image)).toEqual(image);
  expect(affinePicture(image, { down: 1, right: -2 }, 9)).toEqual(shiftPicture(image, 1, -2, 9));
  near(affinePicture(image, { right: 0.5 }, 9), [
    [4.5, 0.5, 1.5, 2.5],
    [6.5, 4.5, 5.5, 6.5],
  ]);
  near(affinePicture(square, { degrees: 90 }), [
    [7, 4, 1],
    [8, 5, 2],
    [9, 6, 3],
  ]);
  near(affinePicture(square, { scale: 2 }), [
    [3, 3.5, 4],
    [4.5, 5, 5.5],
    [6, 6.5, 7],
  ]);
  near(affinePicture(square, { shear: 45 }), [
    [0, 1, 2],
    [4, 5, 6],
    [8, 9, 0],
  ]);
  // First slanted, then turned, then moved.
  near(affinePicture(square, { shear: 45, degrees: 90, down: 1 }, -1), [
    [7, -1, -1],
    [8, 4, -1],
    [9, 5, 1],
  ]);
  expect([...affinePicture(image, { degrees: 180 }).values.subarray(8)].map(Math.round)).toEqual([
    17, 16, 15, 14, 13, 12, 11, 10,
  ]);
  expect(() => affinePicture(image, { scale: 0 })).toThrow(
    expect.objectContaining({ code: "RANGE", message: "affinePicture: scale must be above 0, got 0" }),
  );
});

test("patches are read row by row, channel by channel in each", () => {
  expect([...patches(image, 2)]).toEqual([0, 1, 4, 5, 10, 11, 14, 15, 2, 3, 6, 7, 12, 13, 16, 17]);
  expect(() => patches(image, 3)).toThrow(expect.objectContaining({ code: "SHAPE" }));
});

test("values are scaled and normalized by channel", () => {
  expect([...picture([0, 51, 255], [1, 1, 3], { most: 255 }).values]).toEqual([0, Math.fround(0.2), 1]);
  expect([...normalizePicture(image, [0, 10], [1, 2]).values.subarray(6, 10)]).toEqual([6, 7, 0, 0.5]);
  expect(() => normalizePicture(image, [0], [1])).toThrow(expect.objectContaining({ code: "SHAPE" }));
  expect(() => picture([1], [1, 1, 2])).toThrow(expect.objectContaining({ code: "SHAPE" }));
});

test("chance reaches every shift and both sides, the same from the same seed", () => {
  const dot = picture([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 3, 3]);
  const places = (seed: number): number[] => {
    const rng = new Rng(seed);
    return Array.from({ length: 100 }, () => randomShift(dot, 1, rng).values.indexOf(1));
  };
  expect(new Set(places(1)).size).toBe(9);
  expect(places(1)).toEqual(places(1));
  const rng = new Rng(2);
  const flipped = Array.from({ length: 100 }, () => randomFlip(image, rng) !== image).filter(Boolean).length;
  expect(flipped).toBeGreaterThan(30);
  expect(flipped).toBeLessThan(70);
});

test("randomAffine stays within its bounds, and is the same from the same seed", () => {
  const dot = picture(
    Array.from({ length: 81 }, (_, i) => Number(i === 40)),
    [1, 9, 9],
  );
  const made = (seed: number) => {
    const rng = new Rng(seed);
    return Array.from({ length: 200 }, () => randomAffine(dot, { degrees: 30, translate: 2, scale: [0.9, 1.1], shear: 10 }, rng));
  };
  expect(made(1)).toEqual(made(1));
  const rows = made(2).map(({ values }) => {
    const total = values.reduce((sum, value) => sum + value);
    return values.reduce((sum, value, i) => sum + value * Math.floor(i / 9), 0) / total;
  });
  const [least, most] = [Math.min(...rows), Math.max(...rows)];
  expect([least > 1.5, least < 2.7, most > 5.3, most < 6.5]).toEqual([true, true, true, true]);
  expect(randomAffine(dot, {}, new Rng(3))).toEqual(dot);
});

test("pictures of one size make a tensor", () => {
  const stacked = stackPictures([image, flipPicture(image)]);
  expect(stacked.shape).toEqual([2, 2, 2, 4]);
  expect([...stacked.view().subarray(14, 18)]).toEqual([16, 17, 3, 2]);
  stacked.dispose();
  expect(() => stackPictures([image, cropPicture(image, 0, 0, 1, 1)])).toThrow(expect.objectContaining({ code: "SHAPE" }));
});

test("parts of pixels are refused, where affinePicture would take them", () => {
  const image = picture([1, 2, 3, 4], [1, 2, 2]);
  expect(() => shiftPicture(image, 0.5, 0)).toThrow(/shiftPicture: down must be a whole number of pixels, got 0.5/);
  expect(() => cropPicture(image, 0, 0, 1.5, 1)).toThrow(/cropPicture: height must be a whole number of pixels, got 1.5/);
});
