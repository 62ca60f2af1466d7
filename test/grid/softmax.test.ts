import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init } from "../../ts/runtime/index.ts";
import type { Fill } from "../cases/types.ts";
import { expectKernel } from "./expectKernel.ts";
import { pairwise } from "./pairwise.ts";
import { cases } from "./scale.ts";

// Every width up to 70 and a vocabulary; logits from 1 to 1e30 apart; −∞ anywhere; labels ignored, or a class that is.

interface Row {
  cols: number;
  scale: number;
  infinities: "none" | "one in five" | "all but one" | "the first half";
}

interface Loss extends Row {
  ignored: "none" | "some" | "all" | "a class";
  smoothing: number;
  weights: boolean;
}

const widths = [...Array.from({ length: 70 }, (_, i) => i + 1), 1023, 1025, 4099];
const rowFactors = {
  cols: widths,
  scale: [1, 1e2, 1e4, 1e30],
  infinities: ["none", "none", "one in five", "all but one", "the first half"],
} as const;

const rows = pairwise<Row>(rowFactors, cases(250), 50);
const losses = pairwise<Loss>(
  { ...rowFactors, ignored: ["none", "some", "all", "a class"], smoothing: [0, 0, 0.1, 1], weights: [false, true] },
  cases(250),
  51,
  // A class that cannot be, smoothed towards, is an infinite loss; what is 1e30 apart leaves nothing to smooth; nor does one class.
  ({ cols, infinities, smoothing, scale }) => smoothing === 0 || (infinities === "none" && scale < 1e30 && cols > 1),
);

beforeAll(() => init());
afterAll(() => dispose());

const parts = <T>(all: readonly T[]) =>
  Array.from({ length: 10 }, (_, part) => ({ part, some: all.filter((_, i) => i % 10 === part) }));

test.each(parts(rows))("softmax, part $part of 10", ({ some }) => {
  expect(some.length).toBeGreaterThan(0);
  for (const each of some) {
    const common = { why: JSON.stringify(each), dims: { outer: 4, len: each.cols, inner: 1 } };
    expectKernel("softmaxForward", { ...common, fill: { x: logitsOf(each) } });
    expectKernel("softmaxBackward", { ...common, fill: { out: logitsOf(each) } });
  }
});

test.each(parts(losses))("cross-entropy, part $part of 10", ({ some }) => {
  expect(some.length).toBeGreaterThan(0);
  for (const each of some) expectLoss(each);
});

test("softmax and cross-entropy over a vocabulary of 128,256", () => {
  for (const scale of [1, 100]) {
    const each: Loss = { cols: 128_256, scale, infinities: "none", ignored: "some", smoothing: 0.1, weights: false };
    const common = { why: JSON.stringify(each), dims: { outer: 2, len: each.cols, inner: 1 } };
    expectKernel("softmaxForward", { ...common, fill: { x: logitsOf(each) } });
    expectLoss(each, 2);
  }
});

/** The label's own logit is never −∞. */
function logitsOf({ cols, scale, infinities }: Row): Fill {
  const masked = (column: number, draw: number): boolean => {
    if (column === labelOf(cols)) return false;
    if (infinities === "one in five") return draw < 0.2;
    return infinities === "all but one" || (infinities === "the first half" && column < cols / 2);
  };
  return ({ index, rng }) => {
    const [value, draw] = [scale * rng.normal(), rng.next()];
    return masked(index % cols, draw) ? -Infinity : value;
  };
}

const labelOf = (cols: number): number => Math.floor(0.7 * cols);

function expectLoss(each: Loss, count = 5): void {
  const { cols, ignored, smoothing, weights } = each;
  const label = labelOf(cols);
  const ignoreIndex = ignored === "a class" ? label : -100;
  const labels: Fill = ({ index }) => {
    if (ignored === "all") return -100;
    return ignored === "some" && index % 2 === 0 ? -100 : label;
  };
  const common = {
    why: JSON.stringify(each),
    dims: { rows: count, cols, ignoreIndex, smoothing: Math.fround(smoothing) },
    given: weights ? (["classWeights"] as const) : [],
    fill: { logits: logitsOf(each), labels },
  };
  expectKernel("crossEntropyForward", common);
  expectKernel("crossEntropyBackward", common);
}
