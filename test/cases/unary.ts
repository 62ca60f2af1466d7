import { unaries } from "../../ts/reference/unary.ts";
import { lengths } from "./activations.ts";
import { cycle, normal, positive, ramp, withAt } from "./fills.ts";
import { gradient } from "./tolerances.ts";
import type { Bound, Fill, KernelCases, Tolerance } from "./types.ts";

/** Errors of lane functions, as `crates/kernels/tests/math.rs` measures them: 4 units of the last place; 6.2 of powers of 30. */
const lanes = { factor: 2, relative: 5e-7, source: "math.rs: at most 4 ulp where it is tried" } satisfies Bound;
const plain = { factor: 2, relative: 1.2e-7, source: "one or two roundings" } satisfies Bound;

interface Op {
  op: number;
  a?: number;
  b?: number;
  /** Inputs on which it is smooth. */
  x: Fill;
  /** Inputs at its corners: NaN, infinities, zeros, bounds. */
  corners: readonly number[];
  tolerance: Tolerance;
}

const edges = [0, -0, Infinity, -Infinity, Number.NaN, 1, -1];
const f = Math.fround;

const ops: Record<string, Op> = {
  exp: { op: 0, x: ramp(-20, 20), corners: [...edges, 88.7, 89, -104], tolerance: lanes },
  log: { op: 1, x: positive, corners: [...edges, 1e-45, 3e38], tolerance: lanes },
  sqrt: { op: 2, x: positive, corners: edges, tolerance: "exact" },
  rsqrt: { op: 3, x: positive, corners: edges.with(1, 4), tolerance: plain },
  reciprocal: { op: 4, x: ramp(0.1, 5), corners: edges, tolerance: "exact" },
  square: { op: 5, x: normal(), corners: edges, tolerance: "exact" },
  abs: { op: 6, x: normal(), corners: edges, tolerance: "exact" },
  sigmoid: { op: 7, x: normal(4), corners: [...edges, 90, -90], tolerance: lanes },
  tanh: { op: 8, x: normal(2), corners: [...edges, 9.1, -9.1], tolerance: lanes },
  silu: { op: 9, x: normal(3), corners: [0, -0, Infinity, Number.NaN, 100, -80], tolerance: lanes },
  softplus: { op: 10, a: 2, b: 20, x: normal(4), corners: [...edges, 10, 10.1, 30, -40], tolerance: lanes },
  mish: { op: 11, x: normal(3), corners: [0, -0, 1e30, Number.NaN, 19.9, 20.1, 100, -80], tolerance: lanes },
  elu: { op: 12, a: f(0.7), x: normal(2), corners: [...edges, 1e-7, -1e-7, -40], tolerance: lanes },
  "leaky relu": { op: 13, a: f(0.1), x: normal(), corners: edges, tolerance: "exact" },
  sin: { op: 14, a: 0, x: normal(50), corners: [...edges, 8192.5, -1e6, 1e30], tolerance: lanes },
  cos: { op: 14, a: 1, x: normal(50), corners: [...edges, 8192.5, -1e6, 1e30], tolerance: lanes },
  "the power 3": { op: 15, a: 3, x: normal(), corners: edges, tolerance: lanes },
  "the power −2": { op: 15, a: -2, x: ramp(0.2, 3), corners: edges, tolerance: lanes },
  "the power 0": { op: 15, a: 0, x: normal(), corners: edges, tolerance: "exact" },
  "the power 2.5": { op: 15, a: 2.5, x: positive, corners: edges, tolerance: lanes },
  "the power 13, odd": { op: 15, a: 13, x: normal(), corners: edges, tolerance: lanes },
  "the power −0.3": { op: 15, a: f(-0.3), x: positive, corners: edges, tolerance: lanes },
  clamp: { op: 16, a: -0.5, b: 1, x: normal(), corners: [...edges, -0.5, 2], tolerance: "exact" },
  "clamp, bounds crossed": { op: 16, a: 1, b: -1, x: normal(), corners: edges, tolerance: "exact" },
};

/** Each op on a few lengths, at its corners, and on more than one task. */
const tried = Object.entries(ops).flatMap(([name, { op, a = 0, b = 0, x, corners, tolerance }]) => {
  const on = (why: string, n: number, fill: Fill) => ({ why: `${name}: ${why}`, dims: { n, op, a, b }, x: fill, tolerance });
  return [
    ...[0, 1, 3, 4, 5, 1009, 20_001].map((n) => on(`${n}`, n, x)),
    on("corners", corners.length, cycle(...corners)),
    on("NaN stays in its lane", 7, withAt(x, { 5: Number.NaN })),
  ];
});

/** One of them on every length there is. */
const sigmoids = lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, op: 7, a: 0, b: 0 } }));

export const unaryForward: KernelCases<"unaryForward"> = {
  fill: { x: normal() },
  tolerance: { out: lanes },
  cases: [
    ...tried.map(({ why, dims, x, tolerance }) => ({ why, dims, fill: { x }, tolerance: { out: tolerance } })),
    ...sigmoids,
  ],
};

export const unaryBackward: KernelCases<"unaryBackward"> = {
  fill: { saved: ({ rng }) => rng.next(), dOut: normal() },
  tolerance: { dX: gradient },
  cases: [...tried.map(({ why, dims, x }) => ({ why, dims, fill: { saved: savedOf(dims, x) } })), ...sigmoids],
};

/** The input, or the result as the kernel that saved it would have rounded it. */
function savedOf({ op, a, b }: { op: number; a: number; b: number }, x: Fill): Fill {
  const { of, f } = unaries[op]!;
  return of === "x" ? x : (at) => Math.fround(f(x(at), a, b));
}
