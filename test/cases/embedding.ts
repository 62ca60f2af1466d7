import { below, constant, normal } from "./fills.ts";
import { roundingOrZero } from "./tolerances.ts";
import type { Case, Fill, KernelCases } from "./types.ts";

const lookups: readonly { why: string; dims: { count: number; vocab: number; cols: number }; ids?: Fill; spreads?: true }[] = [
  { why: "no ids", dims: { count: 0, vocab: 3, cols: 5 } },
  { why: "one word", dims: { count: 7, vocab: 1, cols: 3 } },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 17, 67].map((cols) => ({ why: `around the lanes: ${cols}`, dims: { count: 11, vocab: 6, cols } })),
  { why: "each id many times", dims: { count: 1009, vocab: 3, cols: 13 } },
  { why: "one id for all: the longest sum", dims: { count: 1013, vocab: 5, cols: 11 }, ids: constant(3) },
  { why: "most rows never read", dims: { count: 5, vocab: 1009, cols: 6 } },
  { why: "several tasks", dims: { count: 2003, vocab: 499, cols: 131 }, spreads: true },
];

const withIds = ({ ids, ...rest }: (typeof lookups)[number]) => ({ ...rest, ...(ids && { fill: { ids } }) });

export const embeddingForward: KernelCases<"embeddingForward"> = {
  fill: { ids: below("vocab"), weight: normal() },
  tolerance: { out: "exact" },
  cases: lookups.map(withIds),
};

export const embeddingBackward: KernelCases<"embeddingBackward"> = {
  fill: { ids: below("vocab"), dOut: normal() },
  tolerance: { dWeight: roundingOrZero },
  cases: [
    ...lookups.map(withIds).map((each): Case<"embeddingBackward"> => ({ ...each, dims: { ...each.dims, paddingIdx: -1 } })),
    { why: "padding first", dims: { count: 23, vocab: 7, cols: 5, paddingIdx: 0 } },
    { why: "padding last", dims: { count: 2003, vocab: 83, cols: 131, paddingIdx: 82 } },
  ],
};
