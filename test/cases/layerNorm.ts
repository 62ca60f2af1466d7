import { reference } from "../../ts/reference/index.ts";
import { constant, normal, withAt } from "./fills.ts";
import { cancelling, gradient } from "./tolerances.ts";
import type { Bound, Case, Fill, KernelCases } from "./types.ts";

interface NormShape {
  why: string;
  dims: { rows: number; cols: number; eps: number };
  x?: Fill;
  out?: Bound;
  mean?: Bound;
  /** Of dX and dWeight. */
  gradients?: Bound;
  spreads?: true;
}

const strict = (absolute: number, relative = 0): Bound => ({
  ...{ factor: 0, absolute, relative },
  source: "two passes over x − x[0]; plain loops lose 2e-4 at offset 1e2 and 2e-2 at 1e4",
});
const eps = Math.fround(1e-5);

const normShapes: readonly NormShape[] = [
  { why: "no rows", dims: { rows: 0, cols: 7, eps } },
  { why: "rows of one are the bias", dims: { rows: 5, cols: 1, eps }, gradients: { ...cancelling, absolute: 1e-4 } }, // of 1/√eps = 316
  ...[2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 129].map((cols) => ({
    why: `around the lanes: ${cols}`,
    dims: { rows: 3, cols, eps },
  })),
  ...[1023, 1024, 1025, 3001].map((cols) => ({ why: `wide: ${cols}`, dims: { rows: 2, cols, eps } })),
  ...[63, 64, 65, 129].map((rows) => ({ why: `around blocks of 64 rows: ${rows}`, dims: { rows, cols: 6, eps } })),
  { why: "offset 1e2", dims: { rows: 5, cols: 37, eps }, x: normal(1, 1e2), out: strict(1e-5), gradients: strict(1e-5) },
  { why: "offset 1e4", dims: { rows: 5, cols: 67, eps }, x: normal(1, 1e4), out: strict(2e-5), gradients: strict(2e-5) },
  { why: "offset −1e6", dims: { rows: 4, cols: 131, eps }, x: normal(1, -1e6), out: strict(2e-4), gradients: strict(2e-4) },
  { why: "constant rows are exactly the bias", dims: { rows: 3, cols: 13, eps }, x: constant(12345.678), out: strict(0) },
  { why: "large eps", dims: { rows: 3, cols: 11, eps: 0.5 } },
  { why: "no eps", dims: { rows: 3, cols: 11, eps: 0 } },
  { why: "small spread, small eps", dims: { rows: 3, cols: 17, eps: Math.fround(1e-12) }, x: normal(1e-3) },
  { why: "one outlier", dims: { rows: 3, cols: 19, eps }, x: withAt(normal(), { 4: 1e4, 23: -1e4, 40: 1e4 }) },
  {
    why: "one outlier, in front of many",
    dims: { rows: 2, cols: 3001, eps },
    x: withAt(normal(), { 0: 1e4, 3001: -1e4 }),
    out: strict(0, 3e-7), // of the outlier, 75; twice that where everything is centred on it
  },
  {
    why: "squares near float32's limit",
    dims: { rows: 2, cols: 9, eps },
    x: normal(1e18),
    out: strict(1e-5),
    mean: strict(5e11),
  },
  { why: "many tasks", dims: { rows: 601, cols: 131, eps }, spreads: true },
];

const allAffine = ["weight", "bias"] as const;

export const layerNormForward: KernelCases<"layerNormForward"> = {
  fill: { x: normal(), weight: normal(), bias: normal() },
  tolerance: {
    out: { factor: 2, absolute: 3e-6, source: "4 lanes in two passes 1.1e-6, plain loops 6.5e-6 at 4,096 columns" },
    mean: { factor: 2, absolute: 5e-7, relative: 2.4e-7, source: "units of the last place of the values, which are about 4" },
    rstd: { factor: 0, relative: 2e-6, source: "the variance of x − x[0] keeps its digits whatever the offset" },
  },
  cases: normShapes.flatMap(({ why, dims, x, out, mean, spreads }): Case<"layerNormForward">[] => {
    const more = {
      dims,
      fill: { ...(x && { x }) },
      tolerance: { ...(out && { out }), ...(mean && { mean }) },
      ...(spreads && { spreads }),
    };
    return [
      { why, given: allAffine, ...more },
      { why: `${why}, without bias`, given: ["weight"], ...more },
      { why: `${why}, neither`, ...more },
    ];
  }),
};

/** In the backward pass mean and rstd are given; at 1e18 their products leave float32. */
const normBackwardShapes = normShapes.filter(({ why, dims }) => why !== "squares near float32's limit" && dims.eps === eps);

export const layerNormBackward: KernelCases<"layerNormBackward"> = {
  fill: { x: normal(), weight: normal(), dOut: normal(), mean: constant(0), rstd: constant(0) },
  derive: ({ x, mean, rstd, rows, cols }) =>
    reference.layerNormForward({ x, out: new Float64Array(rows * cols), mean, rstd, rows, cols, eps }),
  tolerance: {
    dX: cancelling,
    dWeight: { ...gradient, absolute: 1e-6 },
    dBias: { ...gradient, absolute: 1e-6 },
  },
  cases: normBackwardShapes.flatMap(({ why, dims: { rows, cols }, x, gradients, spreads }): Case<"layerNormBackward">[] => {
    const more = {
      dims: { rows, cols },
      fill: { ...(x && { x }) },
      tolerance: { ...(gradients && { dX: gradients, dWeight: gradients }) },
      ...(spreads && { spreads }),
    };
    return [
      { why, given: ["weight", "dWeight", "dBias"], ...more },
      { why: `${why}, without bias`, given: ["weight", "dWeight"], ...more },
      { why: `${why}, neither`, ...more },
    ];
  }),
};
