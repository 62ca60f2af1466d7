import { reference } from "../../ts/reference/index.ts";
import { constant, normal, withAt } from "./fills.ts";
import { cancelling, gradient, rounding } from "./tolerances.ts";
import type { Bound, Case, Fill, KernelCases } from "./types.ts";

interface NormShape {
  why: string;
  dims: { rows: number; cols: number; eps: number };
  x?: Fill;
  out?: Bound;
  /** Of dX. */
  gradients?: Bound;
  spreads?: true;
}

const eps = Math.fround(1e-6);

const normShapes: readonly NormShape[] = [
  { why: "no rows", dims: { rows: 0, cols: 7, eps } },
  { why: "rows of one are ± the weight", dims: { rows: 5, cols: 1, eps } },
  ...[2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 100, 129].map((cols) => ({
    why: `around the lanes: ${cols}`,
    dims: { rows: 3, cols, eps },
  })),
  ...[1023, 1024, 1025, 3001].map((cols) => ({ why: `wide: ${cols}`, dims: { rows: 2, cols, eps } })),
  ...[63, 64, 65, 129].map((rows) => ({ why: `around blocks of 64 rows: ${rows}`, dims: { rows, cols: 6, eps } })),
  { why: "offset 1e4", dims: { rows: 5, cols: 67, eps }, x: normal(1, 1e4), gradients: gradient },
  { why: "zeros stay zeros", dims: { rows: 3, cols: 13, eps }, x: constant(0) },
  { why: "large eps", dims: { rows: 3, cols: 11, eps: 0.5 } },
  { why: "no eps", dims: { rows: 3, cols: 11, eps: 0 } },
  { why: "small values, PyTorch's eps", dims: { rows: 3, cols: 17, eps: 2 ** -23 }, x: normal(1e-3) },
  { why: "one outlier", dims: { rows: 3, cols: 19, eps }, x: withAt(normal(), { 4: 1e4, 23: -1e4, 40: 1e4 }) },
  {
    why: "squares beyond float32's limit",
    dims: { rows: 2, cols: 9, eps },
    x: normal(1e30),
    out: { ...rounding, factor: 0 }, // plain loops give 0
    gradients: { ...gradient, factor: 0 },
  },
  { why: "many tasks", dims: { rows: 601, cols: 131, eps }, spreads: true },
];

export const rmsNormForward: KernelCases<"rmsNormForward"> = {
  fill: { x: normal(), weight: normal() },
  tolerance: {
    out: rounding,
    rstd: { ...rounding, factor: 0 },
  },
  cases: normShapes.flatMap(({ why, dims, x, out, spreads }): Case<"rmsNormForward">[] => {
    const more = { dims, fill: { ...(x && { x }) }, tolerance: { ...(out && { out }) }, ...(spreads && { spreads }) };
    return [
      { why, given: ["weight"], ...more },
      { why: `${why}, without weight`, ...more },
    ];
  }),
};

export const rmsNormBackward: KernelCases<"rmsNormBackward"> = {
  fill: { x: normal(), weight: normal(), dOut: normal(), rstd: constant(0) },
  derive: ({ x, rstd, rows, cols }) => reference.rmsNormForward({ x, out: new Float64Array(rows * cols), rstd, rows, cols, eps }),
  tolerance: { dX: cancelling, dWeight: gradient },
  cases: normShapes
    .filter(({ dims }) => dims.eps === eps)
    .flatMap(({ why, dims: { rows, cols }, x, gradients, spreads }): Case<"rmsNormBackward">[] => {
      const more = {
        dims: { rows, cols },
        fill: { ...(x && { x }) },
        tolerance: { ...(gradients && { dX: gradients }) },
        ...(spreads && { spreads }),
      };
      return [
        { why, given: ["weight", "dWeight"], ...more },
        { why: `${why}, the weight's gradient not wanted`, given: ["weight"], ...more },
        { why: `${why}, without weight`, ...more },
      ];
    }),
};
