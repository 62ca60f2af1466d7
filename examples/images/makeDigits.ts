// A small set to begin with: digits of a 4 × 6 font on 8 × 8 pixels, moved about, thicker or thinner, and noisy.
import type { Rng } from "fovea";

const FONT = [
  "0110 1001 1001 1001 1001 0110",
  "0010 0110 0010 0010 0010 0111",
  "0110 1001 0001 0010 0100 1111",
  "1110 0001 0110 0001 0001 1110",
  "0010 0110 1010 1111 0010 0010",
  "1111 1000 1110 0001 0001 1110",
  "0110 1000 1110 1001 1001 0110",
  "1111 0001 0010 0010 0100 0100",
  "0110 1001 0110 1001 1001 0110",
  "0110 1001 1001 0111 0001 0110",
].map((rows) => rows.replaceAll(" ", ""));

/** The pixel of nothing but ink. */
export const INK = 16;

/** `pixels` from 0 (paper) to `INK`, 64 of them, row by row. */
export interface Digit {
  readonly label: number;
  readonly pixels: readonly number[];
}

/** `count` digits, all as often. */
export function makeDigits(count: number, rng: Rng): Digit[] {
  return Array.from({ length: count }, (_, i) => makeDigit(i % 10, rng));
}

function makeDigit(label: number, rng: Rng): Digit {
  const [top, left] = [rng.below(3), rng.below(5)];
  const [ink, smear] = [10 + 6 * rng.uniform(), 4 * rng.uniform()];
  const inkAt = (row: number, col: number) =>
    row >= 0 && row < 6 && col >= 0 && col < 4 && FONT[label]![row * 4 + col] === "1" ? 1 : 0;
  const pixels = Array.from({ length: 64 }, (_, at) => {
    const [row, col] = [Math.floor(at / 8) - top, (at % 8) - left];
    const beside = inkAt(row, col - 1) + inkAt(row, col + 1);
    return Math.round(Math.min(INK, Math.max(0, ink * inkAt(row, col) + smear * beside + 1.5 * rng.normal())));
  });
  return { label, pixels };
}
