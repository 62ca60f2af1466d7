import { FoveaError } from "../runtime/errors.ts";
import type { Rng } from "../tensor/rng.ts";
import type { Picture } from "./images.ts";

export interface AffineOptions {
  /** Turned clockwise about its middle. Default 0. */
  degrees?: number;
  /** So many times as large. Default 1. */
  scale?: number;
  /** Slanted: the sides lean by so many degrees, to the right where it is above 0. Default 0. */
  shear?: number;
  /** Moved by pixels, or parts of them. Default 0. */
  down?: number;
  right?: number;
}

/**
 * A picture turned, made larger or smaller, slanted and moved, in this order from the last to the first as torchvision's `affine` does it; between pixels it
 * is bilinear, what comes in from outside is `fill`. Throws `RANGE`.
 */
export function affinePicture(image: Picture, options: AffineOptions = {}, fill = 0): Picture {
  const { degrees = 0, scale = 1, shear = 0, down = 0, right = 0 } = options;
  if (!(scale > 0)) throw new FoveaError("RANGE", `affinePicture: scale must be above 0, got ${scale}`);
  const { numChannels, height, width } = image;
  const [cos, sin, lean] = [Math.cos(radians(degrees)), Math.sin(radians(degrees)), Math.tan(radians(shear))];
  const [middleRow, middleCol] = [(height - 1) / 2, (width - 1) / 2];
  const values = new Float32Array(image.values.length);
  for (let row = 0; row < height; row += 1)
    for (let col = 0; col < width; col += 1) {
      // Back to where this pixel was: turned and made larger last, so undone first.
      const [y, x] = [row - middleRow - down, col - middleCol - right];
      const fromY = (cos * y - sin * x) / scale;
      const fromX = (cos * x + sin * y) / scale + lean * fromY;
      for (let channel = 0; channel < numChannels; channel += 1)
        values[(channel * height + row) * width + col] = between(image, channel, fromY + middleRow, fromX + middleCol, fill);
    }
  return { ...image, values };
}

export interface RandomAffineOptions {
  /** Turned by up to so many degrees either way. Default 0. */
  degrees?: number;
  /** Moved by up to so many pixels either way. Default 0. */
  translate?: number;
  /** The least and the most. Default `[1, 1]`. */
  scale?: readonly [number, number];
  /** Slanted by up to so many degrees either way. Default 0. */
  shear?: number;
}

/** `affinePicture` as chance will have it, all values between the least and the most equally likely. Throws `RANGE`. */
export function randomAffine(image: Picture, options: RandomAffineOptions, rng: Rng, fill = 0): Picture {
  const { degrees = 0, translate = 0, scale = [1, 1], shear = 0 } = options;
  const within = (least: number, most: number): number => least + (most - least) * rng.uniform();
  return affinePicture(
    image,
    {
      degrees: within(-degrees, degrees),
      down: within(-translate, translate),
      right: within(-translate, translate),
      scale: within(...scale),
      shear: within(-shear, shear),
    },
    fill,
  );
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Where `row` and `col` lie between pixels: a mean of the four around, the nearer the more. */
function between({ height, width, values }: Picture, channel: number, row: number, col: number, fill: number): number {
  const at = (y: number, x: number): number =>
    y >= 0 && y < height && x >= 0 && x < width ? values[(channel * height + y) * width + x]! : fill;
  const [top, left] = [Math.floor(row), Math.floor(col)];
  const [below, beside] = [row - top, col - left];
  const upper = (1 - beside) * at(top, left) + beside * at(top, left + 1);
  const lower = (1 - beside) * at(top + 1, left) + beside * at(top + 1, left + 1);
  return (1 - below) * upper + below * lower;
}
