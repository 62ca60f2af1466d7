import { afterAll, beforeAll, expect, test } from "vitest";
import {
  alibi,
  alibiSlopes,
  bias,
  dispose,
  init,
  rotary,
  scaledDotProductAttention,
  scope,
  sinusoidalTable,
  tensor,
} from "../../ts/index.ts";
import { pairwise } from "../grid/pairwise.ts";
import { cases } from "../grid/scale.ts";
import { float32Values, random } from "../harness/random.ts";

// Positions by their formulas in float64, sizes and options in pairs.

beforeAll(() => init());
afterAll(() => dispose());

interface Rotation {
  batch: number;
  seqLen: number;
  numHeads: number;
  headDim: number;
  interleaved: boolean;
  rotaryDim: number;
  base: number;
  start: number;
}

const rotations = pairwise<Rotation>(
  {
    batch: [1, 3],
    seqLen: [1, 2, 9, 33],
    numHeads: [1, 2, 5],
    headDim: [2, 3, 4, 6, 8, 10, 16, 64],
    interleaved: [false, true],
    rotaryDim: [2, 4, 6, 8, 16, 64],
    base: [10_000, 500_000, 10],
    start: [0, 1, 511, 100_000],
  },
  cases(140),
  60,
  ({ headDim, rotaryDim }) => rotaryDim <= headDim,
);

test("rotary turns pairs by position · base^(−2p / rotaryDim), and leaves the other channels", () => {
  for (const each of rotations) scope(() => expectTurned(each));
});

function expectTurned(each: Rotation): void {
  const { batch, seqLen, numHeads, headDim, interleaved, rotaryDim, base, start } = each;
  const rng = random(seqLen + headDim);
  const x = float32Values(batch * seqLen * numHeads * headDim, () => rng.normal());
  const { rotate } = rotary({ base, rotaryDim, interleaved })({ embedDim: numHeads * headDim, numHeads });
  const query = tensor(Float32Array.from(x), [batch, seqLen, numHeads, headDim]);
  const [turned] = rotate!(query, query, { query: start, key: start });
  const want = x.slice();
  for (let row = 0; row < batch * seqLen * numHeads; row++) {
    const position = start + (Math.floor(row / numHeads) % seqLen);
    for (let pair = 0; pair < rotaryDim / 2; pair++) {
      const angle = position * base ** ((-2 * pair) / rotaryDim);
      const [a, b] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + rotaryDim / 2];
      const [first, second] = [x[row * headDim + a]!, x[row * headDim + b]!];
      want[row * headDim + a] = first * Math.cos(angle) - second * Math.sin(angle);
      want[row * headDim + b] = second * Math.cos(angle) + first * Math.sin(angle);
    }
  }
  expectWithin(turned.view(), want, 2e-7 * largest(x), JSON.stringify(each));
}

interface Waves {
  maxLen: number;
  embedDim: number;
  base: number;
}

const waves = pairwise<Waves>(
  { maxLen: [1, 2, 33, 1000], embedDim: [1, 2, 3, 4, 7, 8, 63, 64, 512], base: [10_000, 100] },
  cases(30),
  61,
);

test("sinusoidal is sin and cos of position / base^(2p / embedDim)", () => {
  for (const each of waves) {
    const table = sinusoidalTable(each.maxLen, each.embedDim, each.base);
    const want = Float64Array.from({ length: each.maxLen * each.embedDim }, (_, at) => {
      const [position, channel] = [Math.floor(at / each.embedDim), at % each.embedDim];
      const angle = position / each.base ** ((channel - (channel % 2)) / each.embedDim);
      return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    scope(() => expectWithin(table, want, 6e-8, JSON.stringify(each)));
  }
});

interface Slopes {
  numHeads: number;
  queryLen: number;
  keyLen: number;
  offset: number;
}

const slopes = pairwise<Slopes>(
  { numHeads: [1, 2, 3, 4, 6, 8, 12], queryLen: [1, 5, 70], keyLen: [1, 7, 131], offset: [0, 3, 61] },
  cases(30),
  62,
);

test("alibi takes slope · distance off, as a bias written out would", () => {
  for (const each of slopes) scope(() => expectSlopes(each));
});

function expectSlopes(each: Slopes): void {
  const { numHeads, queryLen, keyLen, offset } = each;
  const rng = random(numHeads + keyLen);
  const draw = (length: number) => Float32Array.from({ length: length * numHeads * 4 }, () => rng.normal());
  const [query, key] = [tensor(draw(queryLen), [1, queryLen, numHeads, 4]), tensor(draw(keyLen), [1, keyLen, numHeads, 4])];
  const { bias: placed } = alibi()({ embedDim: 4 * numHeads, numHeads });
  const written = Float32Array.from({ length: numHeads * queryLen * keyLen }, (_, at) => {
    const [h, i, j] = [Math.floor(at / (queryLen * keyLen)), Math.floor(at / keyLen) % queryLen, at % keyLen];
    return -alibiSlopes(numHeads)[h]! * Math.abs(i + offset - j);
  });
  const attend = (mask: ReturnType<typeof bias>) => scaledDotProductAttention(query, key, key, { mask }).out.view();
  const want = Float64Array.from(attend(bias(tensor(written, [numHeads, queryLen, keyLen]))));
  // The rounding of a score is relative to the score, and of a weight absolute.
  const allowed = 2e-6 + 1.2e-7 * largest(Float64Array.from(written));
  expectWithin(attend(placed!(query, key, { query: offset, scale: 0.5 })), want, allowed, JSON.stringify(each));
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function expectWithin(ours: ArrayLike<number>, want: Float64Array, allowed: number, where: string): void {
  expect(ours.length, where).toBe(want.length);
  const at = want.findIndex((value, i) => !(Math.abs(ours[i]! - value) <= allowed));
  if (at >= 0) expect.fail(`${where}: element ${at} is ${ours[at]}, the formula says ${want[at]}; allowed is ${allowed}`);
}
