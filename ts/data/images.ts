import { FoveaError } from "../runtime/errors.ts";
import type { Rng } from "../tensor/rng.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

/** A picture: `[numChannels, height, width]`, row by row. */
export interface Picture {
  readonly numChannels: number;
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** A picture of numbers such as bytes, `[numChannels, height, width]`, each divided by `most`. Throws `SHAPE`. */
export function picture(
  values: ArrayLike<number>,
  [numChannels, height, width]: readonly [number, number, number],
  { most = 1 }: { most?: number } = {},
): Picture {
  if (values.length !== numChannels * height * width)
    throw new FoveaError(
      "SHAPE",
      `picture: needs ${numChannels * height * width} values, got ${values.length} [${numChannels}, ${height}, ${width}]`,
    );
  return { numChannels, height, width, values: Float32Array.from(values, (value) => value / most) };
}

/** Each channel less its mean and divided by its standard deviation, as given for the whole data set. Throws `SHAPE`. */
export function normalizePicture(image: Picture, mean: readonly number[], std: readonly number[]): Picture {
  const { numChannels, height, width, values } = image;
  if (mean.length !== numChannels || std.length !== numChannels)
    throw new FoveaError(
      "SHAPE",
      `normalizePicture: needs a mean and a std for each of ${numChannels} channels, got ${mean.length} and ${std.length}`,
    );
  const channelOf = (i: number): number => Math.floor(i / (height * width));
  return { ...image, values: values.map((value, i) => (value - mean[channelOf(i)]!) / std[channelOf(i)]!) };
}

/** Left and right exchanged. */
export function flipPicture(image: Picture): Picture {
  const { width } = image;
  return remapped(image, image.height, width, (row, col) => [row, width - 1 - col]);
}

/** Moved down by `down` and right by `right` pixels, or up and left where they are below 0; what comes in from outside is `fill`. Throws `RANGE`. */
export function shiftPicture(image: Picture, down: number, right: number, fill = 0): Picture {
  expectWhole("shiftPicture", { down, right });
  return remapped(image, image.height, image.width, (row, col) => [row - down, col - right], fill);
}

/** The part from row `top` and column `left` on; what lies outside is `fill`. Throws `RANGE`. */
export function cropPicture(image: Picture, top: number, left: number, height: number, width: number, fill = 0): Picture {
  expectWhole("cropPicture", { top, left, height, width });
  return remapped(image, height, width, (row, col) => [row + top, col + left], fill);
}

/** Moved by up to `most` pixels either way, as chance will have it: what PyTorch calls a random crop with padding. */
export function randomShift(image: Picture, most: number, rng: Rng, fill = 0): Picture {
  return shiftPicture(image, rng.below(2 * most + 1) - most, rng.below(2 * most + 1) - most, fill);
}

/** As it is, or flipped, each half of the time. */
export function randomFlip(image: Picture, rng: Rng): Picture {
  return rng.below(2) === 1 ? flipPicture(image) : image;
}

/**
 * Squares of `size` pixels, row by row, as the sequence that a transformer reads: `[numPatches, numChannels · size · size]`, channel by channel in each
 * (Dosovitskiy et al. 2021). Throws `SHAPE` unless they cover the picture.
 */
export function patches({ numChannels, height, width, values }: Picture, size: number): Float32Array {
  if (!(Number.isInteger(size) && size >= 1 && height % size === 0 && width % size === 0))
    throw new FoveaError("SHAPE", `patches: height and width must be multiples of size, got ${height} and ${width} for ${size}`);
  const sequence = new Float32Array(values.length);
  let at = 0;
  for (let top = 0; top < height; top += size)
    for (let left = 0; left < width; left += size)
      for (let channel = 0; channel < numChannels; channel += 1)
        for (let row = 0; row < size; row += 1) {
          const start = (channel * height + top + row) * width + left;
          sequence.set(values.subarray(start, start + size), at);
          at += size;
        }
  return sequence;
}

/** Pictures of one size side by side, float32 `[batch, numChannels, height, width]`, written straight into the tensor's memory. Throws `SHAPE`. */
export function stackPictures(images: readonly Picture[]): Tensor {
  const { numChannels, height, width } = images[0] ?? { numChannels: 0, height: 0, width: 0 };
  const odd = images.find((image) => image.numChannels !== numChannels || image.height !== height || image.width !== width);
  if (odd)
    throw new FoveaError(
      "SHAPE",
      `stackPictures: all must be [${numChannels}, ${height}, ${width}], got [${odd.numChannels}, ${odd.height}, ${odd.width}]`,
    );
  const stacked = empty([images.length, numChannels, height, width]);
  const view = stacked.view();
  for (const [item, { values }] of images.entries()) view.set(values, item * values.length);
  return stacked;
}

function expectWhole(op: string, pixels: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(pixels))
    if (!Number.isInteger(value)) throw new FoveaError("RANGE", `${op}: ${name} must be a whole number of pixels, got ${value}`);
}

/** A picture of which each pixel is that of `image` at the row and column that `from` says, or `fill`. */
function remapped(
  image: Picture,
  height: number,
  width: number,
  from: (row: number, col: number) => readonly [row: number, col: number],
  fill = 0,
): Picture {
  const values = new Float32Array(image.numChannels * height * width).fill(fill);
  for (let row = 0; row < height; row += 1)
    for (let col = 0; col < width; col += 1) {
      const [fromRow, fromCol] = from(row, col);
      if (fromRow < 0 || fromRow >= image.height || fromCol < 0 || fromCol >= image.width) continue;
      for (let channel = 0; channel < image.numChannels; channel += 1)
        values[(channel * height + row) * width + col] =
          image.values[(channel * image.height + fromRow) * image.width + fromCol]!;
    }
  return { numChannels: image.numChannels, height, width, values };
}
