import type { Args } from "./rounding.ts";

export function topK({ x, values, indices, rows, len, k, smallest }: Args["topK"]): void {
  for (let row = 0; row < rows; row++) {
    const at = (index: number): number => x[row * len + index]!;
    // NaN is larger than all numbers. The sort is stable: equal numbers stay in the order of their indices.
    const compare = (a: number, b: number): number => {
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return a - b || 0;
    };
    const order = Array.from({ length: len }, (_, index) => index);
    order.sort((a, b) => (at(a) === at(b) ? 0 : smallest ? compare(at(a), at(b)) : compare(at(b), at(a))));
    for (let i = 0; i < k; i++) {
      indices[row * k + i] = order[i]!;
      values[row * k + i] = at(order[i]!);
    }
  }
}

export function gather(args: Args["gather"]): void {
  const { x, out } = args;
  each(args, (there, here) => {
    out[here] = x[there]!;
  });
}

export function scatterAdd(args: Args["scatterAdd"]): void {
  const { x, out } = args;
  each(args, (there, here) => {
    out[there]! += x[here]!;
  });
}

type Sizes = Omit<Args["gather"], "x" | "out">;

/** Calls `f` with each element of `[outer, count, inner]`, `here`, and the one of `[outer, len, inner]` that its index names. */
function each({ index, outer, len, count, inner, shared }: Sizes, f: (there: number, here: number) => void): void {
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < count; c++) {
      for (let i = 0; i < inner; i++) {
        const here = (o * count + c) * inner + i;
        f((o * len + index[shared ? c : here]!) * inner + i, here);
      }
    }
  }
}
