import type { Args } from "./rounding.ts";

interface Unary {
  f(x: number, a: number, b: number): number;
  /** The derivative, from what the kernel is given: `x` or `out`. Null where nothing passes, not even NaN. */
  derivative(saved: number, a: number, b: number): number | null;
  of: "x" | "out";
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const mishFactor = (x: number): number => Math.tanh(softplus(x));

/** By number, as the kernels take them. */
export const unaries: readonly Unary[] = [
  { of: "out", f: Math.exp, derivative: (y) => y },
  { of: "x", f: Math.log, derivative: (x) => 1 / x },
  { of: "out", f: Math.sqrt, derivative: (y) => 1 / (2 * y) },
  { of: "out", f: (x) => 1 / Math.sqrt(x), derivative: (y) => -(y ** 3) / 2 },
  { of: "out", f: (x) => 1 / x, derivative: (y) => -y * y },
  { of: "x", f: (x) => x * x, derivative: (x) => 2 * x },
  { of: "x", f: Math.abs, derivative: (x) => (x > 0 ? 1 : x < 0 ? -1 : null) },
  { of: "out", f: sigmoid, derivative: (y) => y * (1 - y) },
  { of: "out", f: Math.tanh, derivative: (y) => 1 - y * y },
  { of: "x", f: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) * (1 + x * sigmoid(-x)) },
  {
    of: "x",
    f: (x, a, b) => (a * x > b ? x : softplus(a * x) / a),
    derivative: (x, a, b) => (a * x > b ? 1 : sigmoid(a * x)),
  },
  {
    of: "x",
    f: (x) => x * mishFactor(x),
    derivative: (x) => mishFactor(x) + x * (1 - mishFactor(x) ** 2) * sigmoid(x),
  },
  { of: "x", f: (x, a) => (x > 0 ? x : a * Math.expm1(x)), derivative: (x, a) => (x > 0 ? 1 : a * Math.exp(x)) },
  { of: "x", f: (x, a) => (x > 0 ? x : a * x), derivative: (x, a) => (x > 0 ? 1 : a) },
  { of: "x", f: (x, a) => turned(x, a), derivative: (x, a) => turned(x, a + 1) },
  { of: "x", f: (x, a) => x ** a, derivative: (x, a) => (a === 0 ? 0 : a * x ** (a - 1)) },
  {
    of: "x",
    f: (x, a, b) => Math.min(Math.max(x, a), b),
    derivative: (x, a, b) => (x >= a && x <= b ? 1 : null),
  },
];

/** sin(x + quarters · π/2), without rounding the sum. */
function turned(x: number, quarters: number): number {
  return [Math.sin(x), Math.cos(x), -Math.sin(x), -Math.cos(x)][((quarters % 4) + 4) % 4]!;
}

export function unaryForward({ x, out, n, op, a, b }: Args["unaryForward"]): void {
  const { f } = unaries[op]!;
  for (let i = 0; i < n; i++) out[i] = f(x[i]!, a, b);
}

export function unaryBackward({ saved, dOut, dX, n, op, a, b }: Args["unaryBackward"]): void {
  const { derivative } = unaries[op]!;
  for (let i = 0; i < n; i++) {
    const slope = derivative(saved[i]!, a, b);
    dX[i] = slope === null ? 0 : dOut[i]! * slope;
  }
}
