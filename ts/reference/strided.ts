import type { Args } from "./rounding.ts";

export function copyStrided({ x, axes, out, rank, xOffset, outOffset }: Args["copyStrided"]): void {
  const along = (axis: number, from: number, to: number): void => {
    const [size, xStride, outStride] = [axes![3 * axis]!, axes![3 * axis + 1]!, axes![3 * axis + 2]!];
    for (let i = 0; i < size; i++)
      if (axis + 1 === rank) out[to + i * outStride] = x[from + i * xStride]!;
      else along(axis + 1, from + i * xStride, to + i * outStride);
  };
  if (rank > 0) along(0, xOffset, outOffset);
  else out[outOffset] = x[xOffset]!;
}
