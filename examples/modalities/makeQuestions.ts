// Pictures of two digits side by side, and a question in words about one of them. Without the question there are two answers, without the picture ten.
import type { Rng } from "fovea";
import { type Picture, picture } from "fovea/data";
import { type Digit, makeDigits } from "../images/makeDigits.ts";

/** Of a picture. */
export const [HEIGHT, WIDTH] = [8, 16];
const INK = 16;

export interface Question {
  /** From 0 (black) to 1 (white). */
  readonly picture: Picture;
  readonly words: string;
  /** Which digit is asked for: 0 the left, 1 the right. */
  readonly side: number;
  readonly answer: number;
}

const SIDES = [
  ["left", "left-hand", "first"],
  ["right", "right-hand", "second"],
];
const PHRASES = ["which digit is the _ one", "what stands on the _ side", "name the _ digit", "read the _ of the two"];

/** `count` questions, each side asked for as often. */
export function makeQuestions(count: number, rng: Rng): Question[] {
  const one = <T>(of: readonly T[]): T => of[rng.below(of.length)]!;
  const drawn = makeDigits(10 * Math.ceil(count / 5), rng); // ten by ten, as many of each digit
  return Array.from({ length: count }, (_, i) => {
    const labels = rng.shuffle(Array.from({ length: 10 }, (_, label) => label)).slice(0, 2);
    const digits = labels.map((label) => drawn[10 * rng.below(drawn.length / 10) + label]!);
    const side = i % 2;
    const words = one(PHRASES).replace("_", one(SIDES[side]!));
    return { picture: sideBySide(digits), words, side, answer: labels[side]! };
  });
}

function sideBySide(digits: readonly Digit[]): Picture {
  const values = Array.from({ length: HEIGHT * WIDTH }, (_, at) => {
    const [row, column] = [Math.floor(at / WIDTH), at % WIDTH];
    return 1 - digits[Math.floor(column / 8)]!.pixels[row * 8 + (column % 8)]! / INK;
  });
  return picture(values, [1, HEIGHT, WIDTH]);
}
