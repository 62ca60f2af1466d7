import type { Args } from "./rounding.ts";

/** Elements whose sum is one partial of `sum` and `sumSquares`. */
const BLOCK = 4096;

export function sumRows({ x, out, rows, cols }: Args["sumRows"]): void {
  out.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[c]! += x[r * cols + c]!;
  }
}

export function sum({ x, partials, n }: Args["sum"]): void {
  partials.fill(0);
  for (let i = 0; i < n; i++) partials[Math.floor(i / BLOCK)]! += x[i]!;
}

export function sumSquares({ x, partials, n }: Args["sumSquares"]): void {
  partials.fill(0);
  for (let i = 0; i < n; i++) partials[Math.floor(i / BLOCK)]! += x[i]! * x[i]!;
}
