import type { Args } from "./rounding.ts";

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
