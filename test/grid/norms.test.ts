import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init } from "../../ts/runtime/index.ts";
import { constant, normal } from "../cases/fills.ts";
import type { Bound, Fill } from "../cases/types.ts";
import { expectKernel } from "./expectKernel.ts";
import { pairwise } from "./pairwise.ts";
import { cases } from "./scale.ts";

// Rows that the naive way loses: means far from 0, spreads at the ends of float32, equal numbers, one outlier, subnormals.

interface NormCase {
  cols: number;
  rows: "as they come" | "equal" | "one outlier" | "subnormal";
  offset: number;
  spread: number;
  eps: number;
  affine: "both" | "weight" | "neither";
}

const spreads = [1, 1, 1e-3, 1e3, 1e12, 1e18, 1e30];
/** An offset says something beside a spread of 1; elsewhere it would only be a larger spread. */
const meansSomething = ({ offset, spread, rows, cols }: NormCase): boolean =>
  (offset === 0 || (spread === 1 && rows === "as they come")) &&
  (rows !== "subnormal" || spread === 1) &&
  (cols > 1 || offset === 0);

const shapes = pairwise<NormCase>(
  {
    cols: [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 63, 64, 100, 192, 768, 1000, 3000, 4096, 65536],
    rows: ["as they come", "as they come", "as they come", "equal", "one outlier", "subnormal"],
    offset: [0, 0, 1e2, 1e4, 1e6, -1e6],
    spread: spreads,
    eps: [0, 1e-12, 1e-5, 0.5].map(Math.fround),
    affine: ["both", "weight", "neither"],
  },
  cases(200),
  40,
  meansSomething,
);

beforeAll(() => init());
afterAll(() => dispose());

const parts = Array.from({ length: 10 }, (_, part) => ({ part, some: shapes.filter((_, i) => i % 10 === part) }));

test.each(parts)("LayerNorm, part $part of 10", ({ some }) => {
  expect(some.length).toBeGreaterThan(0);
  for (const each of some) expectLayerNorm(each);
});

test.each(parts)("RMSNorm, part $part of 10", ({ some }) => {
  for (const each of some) expectRmsNorm(each);
});

function xOf({ cols, rows, offset, spread }: NormCase): Fill {
  if (rows === "equal") return constant(spread * 1.2345);
  if (rows === "subnormal") return ({ rng }) => rng.normal() * 1e-39;
  const usual = normal(spread, offset);
  return rows === "one outlier" ? (at) => usual(at) * (at.index % cols === 0 ? 1e4 : 1) : usual;
}

/** What rows around an offset may lose. */
const byOffset = ({ offset }: NormCase): number => ({ 0: 3e-6, 1e2: 1e-5, 1e4: 2e-5 })[offset] ?? 2e-4;

const strict = (absolute: number, relative: number): Bound => ({
  ...{ factor: 0, absolute, relative },
  source: "two passes over x − x[0]; plain loops lose 2e-4 at offset 1e2 and 2e-2 at 1e4",
});

/** How large a row's elements are. */
const sizeOf = ({ rows, offset, spread }: NormCase): number =>
  rows === "subnormal" ? 1e-39 : Math.abs(offset) + 4 * spread * (rows === "one outlier" ? 1e4 : 1);

/** Of a row without variance and without eps the result is 0 · ∞. */
const meansNothing = ({ cols, rows, eps }: NormCase): boolean =>
  eps === 0 && (cols === 1 || rows === "equal" || rows === "subnormal");

function expectLayerNorm(each: NormCase): void {
  const { cols, eps, affine } = each;
  if (meansNothing(each)) return;
  const given = affine === "both" ? (["weight", "bias"] as const) : affine === "weight" ? (["weight"] as const) : [];
  const common = { why: JSON.stringify(each), fill: { x: xOf(each) } };
  const rows = cols > 4096 ? 1 : 3;
  expectKernel("layerNormForward", {
    ...{ ...common, dims: { rows, cols, eps }, given },
    tolerance: { out: strict(byOffset(each), 2e-6), mean: strict(2e-45 + 2.4e-7 * sizeOf(each), 0) },
  });
  // The squares of rstd leave float32.
  if (each.spread >= 1e18) return;
  const wanted = { both: ["weight", "dWeight", "dBias"], weight: ["weight", "dWeight"], neither: [] } as const;
  const gradients = strict(1e-6, Math.max(1e-5, byOffset(each)));
  expectKernel("layerNormBackward", {
    ...{ ...common, dims: { rows, cols }, given: wanted[affine] },
    tolerance: {
      dX: each.rows === "subnormal" || each.rows === "equal" || cols === 1 ? strict(1e-3, 1e-5) : gradients,
      dWeight: gradients,
    },
  });
}

function expectRmsNorm(each: NormCase): void {
  const { cols, eps, affine } = each;
  if (eps === 0 && each.rows === "subnormal") return; // its squares are 0
  const common = { why: JSON.stringify(each), fill: { x: xOf(each) } };
  const rows = cols > 4096 ? 1 : 3;
  expectKernel("rmsNormForward", {
    ...{ ...common, dims: { rows, cols, eps }, given: affine === "neither" ? [] : ["weight"] },
    tolerance: { out: strict(0, 1e-6), rstd: strict(0, 1e-6) },
  });
  expectKernel("rmsNormBackward", {
    ...{ ...common, dims: { rows, cols }, given: affine === "neither" ? [] : ["weight", "dWeight"] },
    // In a row of one nearly all cancels.
    tolerance: { dX: strict(cols === 1 ? 1e-5 / each.spread : 0, 1e-5), dWeight: strict(1e-6, 1e-5) },
  });
}
