import { lengths } from "./activations.ts";
import { normal } from "./fills.ts";
import type { KernelCases } from "./types.ts";

const byLength = <More extends object>(more: More) => lengths.map(({ n, ...rest }) => ({ ...rest, dims: { n, ...more } }));

export const scale: KernelCases<"scale"> = {
  fill: { x: normal() },
  tolerance: { out: "exact" },
  cases: byLength({ factor: Math.fround(-1.7) }),
};
export const scaleInPlace: KernelCases<"scaleInPlace"> = {
  fill: { x: normal() },
  tolerance: { x: "exact" },
  cases: byLength({ factor: Math.fround(0.3) }),
};
export const scaleBy: KernelCases<"scaleBy"> = {
  fill: { x: normal(), factor: normal() },
  tolerance: { out: "exact" },
  cases: byLength({}),
};
export const accumulate: KernelCases<"accumulate"> = {
  fill: { x: normal(), sum: normal() },
  tolerance: { sum: "exact" },
  cases: byLength({}),
};
export const copy: KernelCases<"copy"> = { fill: { x: normal() }, tolerance: { out: "exact" }, cases: byLength({}) };
export const fill: KernelCases<"fill"> = { fill: {}, tolerance: { out: "exact" }, cases: byLength({ value: Math.fround(3.3) }) };
