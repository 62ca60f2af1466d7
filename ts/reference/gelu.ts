import { erf } from "./erf.ts";
import type { Args } from "./rounding.ts";

const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBIC = 0.044715;

/** `x · Φ(x)`, or its tanh approximation. */
export function gelu(x: number, tanh: boolean): number {
  if (tanh) return 0.5 * x * (1 + Math.tanh(TANH_SCALE * (x + TANH_CUBIC * x * x * x)));
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

export function geluDerivative(x: number, tanh: boolean): number {
  if (tanh) {
    const t = Math.tanh(TANH_SCALE * (x + TANH_CUBIC * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * TANH_SCALE * (1 + 3 * TANH_CUBIC * x * x);
  }
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  return 0.5 * (1 + erf(x / Math.SQRT2)) + x * density;
}

export function geluForward({ x, out, n, tanh }: Args["geluForward"]): void {
  for (let i = 0; i < n; i++) out[i] = gelu(x[i]!, tanh);
}

export function geluBackward({ x, dOut, dX, n, tanh }: Args["geluBackward"]): void {
  for (let i = 0; i < n; i++) dX[i] = dOut[i]! * geluDerivative(x[i]!, tanh);
}
