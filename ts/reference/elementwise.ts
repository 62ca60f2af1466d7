import type { Args } from "./rounding.ts";

export function add({ x, y, out, rows, cols }: Args["add"]): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[r * cols + c] = x[r * cols + c]! + y[c]!;
  }
}

export function multiply({ x, y, out, rows, cols }: Args["multiply"]): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[r * cols + c] = x[r * cols + c]! * y[c]!;
  }
}

export function scale({ x, out, n, factor }: Args["scale"]): void {
  for (let i = 0; i < n; i++) out[i] = factor * x[i]!;
}

export function scaleBy({ x, factor, out, n }: Args["scaleBy"]): void {
  for (let i = 0; i < n; i++) out[i] = factor[0]! * x[i]!;
}

export function scaleInPlace({ x, n, factor }: Args["scaleInPlace"]): void {
  for (let i = 0; i < n; i++) x[i] = factor * x[i]!;
}

export function accumulate({ x, sum, n }: Args["accumulate"]): void {
  for (let i = 0; i < n; i++) sum[i]! += x[i]!;
}

export function fill({ out, n, value }: Args["fill"]): void {
  for (let i = 0; i < n; i++) out[i] = value;
}

export function copy({ x, out, n }: Args["copy"]): void {
  for (let i = 0; i < n; i++) out[i] = x[i]!;
}

export function copyStrided({ x, out, rows, cols, xOffset, xStride, outOffset, outStride }: Args["copyStrided"]): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[outOffset + r * outStride + c] = x[xOffset + r * xStride + c]!;
  }
}
