import type { Args } from "./rounding.ts";

export function reluForward({ x, out, n }: Args["reluForward"]): void {
  for (let i = 0; i < n; i++) out[i] = Math.max(x[i]!, 0);
}

export function reluBackward({ x, dOut, dX, n }: Args["reluBackward"]): void {
  for (let i = 0; i < n; i++) dX[i] = x[i]! > 0 ? dOut[i]! : 0;
}
