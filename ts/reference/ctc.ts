import { type Args, type Floats, roundingOf, temporary } from "./rounding.ts";

/** One item: its states are blank, label, blank, label, …, blank. */
interface Item {
  states: number;
  ownFrames: number;
  /** Where its log-probabilities, and where its alphas, begin. */
  start: number;
  alphaStart: number;
  width: number;
  classOf(state: number): number;
  /** Whether `state` may follow the one before last: it is no blank and not the same label again. */
  skips(state: number): boolean;
}

function itemOf(args: Args["ctcForward"] | Args["ctcBackward"], item: number): Item {
  const { targets, inputLengths, targetLengths, frames, classes, targetLen, blank } = args;
  const width = 2 * targetLen + 3;
  const classOf = (state: number) => (state % 2 === 1 ? targets[item * targetLen + (state - 1) / 2]! : blank);
  return {
    states: 2 * targetLengths[item]! + 1,
    ownFrames: inputLengths[item]!,
    start: item * frames * classes,
    alphaStart: item * frames * width + 2,
    width,
    classOf,
    skips: (state) => state % 2 === 1 && state > 1 && classOf(state) !== classOf(state - 2),
  };
}

export function ctcForward(args: Args["ctcForward"]): void {
  const { logProbs, losses, alphas, batch, classes } = args;
  const round = roundingOf(losses);
  alphas.fill(-Infinity);
  for (let i = 0; i < batch; i++) {
    const { states, ownFrames, start, alphaStart, width, classOf, skips } = itemOf(args, i);
    let moved = 0;
    for (let t = 0; t < ownFrames; t++) {
      const here = alphaStart + t * width;
      const before = here - width;
      for (let s = 0; s < states; s++) {
        const from = [alphas[before + s]!, alphas[before + s - 1]!, skips(s) ? alphas[before + s - 2]! : -Infinity];
        const arriving = t > 0 ? round(logSum(from)) : s < 2 ? 0 : -Infinity;
        alphas[here + s] = arriving + logProbs[start + t * classes + classOf(s)]!;
      }
      moved = round(moved + centre(alphas, here, states));
    }
    const end = alphaStart + (ownFrames - 1) * width + states;
    const ends = ownFrames === 0 ? [states === 1 ? 0 : -Infinity] : [alphas[end - 1]!, alphas[end - 2]!];
    losses[i] = -(moved + round(logSum(ends)));
  }
}

export function ctcBackward(args: Args["ctcBackward"]): void {
  const { logProbs, alphas, dLosses, dLogProbs, batch, classes } = args;
  const round = roundingOf(dLosses);
  dLogProbs.fill(0);
  for (let i = 0; i < batch; i++) {
    const { states, ownFrames, start, alphaStart, width, classOf, skips } = itemOf(args, i);
    const beta = temporary(alphas, states + 2).fill(-Infinity);
    beta.fill(0, Math.max(0, states - 2), states);
    for (let t = ownFrames - 1; t >= 0; t--) {
      const both = beta.map((value, s) => (s < states ? value + alphas[alphaStart + t * width + s]! : -Infinity));
      const all = round(logSum([...both]));
      if (all === -Infinity) break;
      const frame = start + t * classes;
      for (let s = 0; s < states; s++) dLogProbs[frame + classOf(s)]! -= dLosses[i]! * round(Math.exp(both[s]! - all));
      for (let s = 0; s < states; s++) beta[s]! += logProbs[frame + classOf(s)]!;
      for (let s = 0; s < states; s++)
        beta[s] = logSum([beta[s]!, beta[s + 1]!, s + 2 < states && skips(s + 2) ? beta[s + 2]! : -Infinity]);
      centre(beta, 0, states);
    }
  }
}

/** Moves `length` values so that the largest is 0; gives what that was. */
function centre(values: Floats, start: number, length: number): number {
  let largest = -Infinity;
  for (let i = start; i < start + length; i++) largest = Math.max(largest, values[i]!);
  if (largest !== -Infinity) for (let i = start; i < start + length; i++) values[i]! -= largest;
  return largest;
}

function logSum(values: readonly number[]): number {
  const largest = Math.max(...values);
  if (largest === -Infinity) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
