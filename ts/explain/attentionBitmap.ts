import type { Bitmap } from "../io/tensorboard/index.ts";

const LONGEST = 256; // pixels of a map's longer side, about
const LARGEST_CELL = 16;
const GAP = 4;
const PAPER = [255, 255, 255] as const;
const INK = [23, 60, 140] as const;
const BETWEEN = [160, 160, 160] as const;

/**
 * The heads of one layer side by side, as pixels: rows attend, columns are attended to, darker for more, relative to each map's largest weight.
 * `heads`: each `rows · columns` weights, as an `AttentionMap` has them.
 */
export function attentionBitmap(heads: readonly Float32Array[], rows: number, columns: number): Bitmap {
  const cell = Math.max(1, Math.min(LARGEST_CELL, Math.floor(LONGEST / Math.max(rows, columns))));
  const [mapWidth, height] = [columns * cell, rows * cell];
  const width = heads.length * (mapWidth + GAP) - GAP;
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i += 1) pixels.set(BETWEEN, 3 * i);
  heads.forEach((map, head) => {
    const largest = map.reduce((most, weight) => Math.max(most, weight), 0) || 1;
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < mapWidth; x += 1) {
        const weight = map[Math.floor(y / cell) * columns + Math.floor(x / cell)]! / largest;
        const colour = PAPER.map((paper, i) => Math.round(paper + weight * (INK[i]! - paper)));
        pixels.set(colour, 3 * (y * width + head * (mapWidth + GAP) + x));
      }
  });
  return { width, height, channels: 3, pixels };
}
