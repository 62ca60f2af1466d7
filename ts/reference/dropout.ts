import { dropoutFactor } from "./random.ts";
import type { Args } from "./rounding.ts";

export function dropout({ x, out, n, p, key }: Args["dropout"]): void {
  for (let i = 0; i < n; i++) out[i] = x[i]! * dropoutFactor(p, key, 0, i);
}
