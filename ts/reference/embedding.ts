import type { Args } from "./rounding.ts";

export function embeddingForward({ ids, weight, out, count, cols }: Args["embeddingForward"]): void {
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < cols; c++) out[i * cols + c] = weight[ids[i]! * cols + c]!;
  }
}

export function embeddingBackward({ ids, dOut, dWeight, count, cols, paddingIdx }: Args["embeddingBackward"]): void {
  dWeight.fill(0);
  for (let i = 0; i < count; i++) {
    if (ids[i] === paddingIdx) continue;
    for (let c = 0; c < cols; c++) dWeight[ids[i]! * cols + c]! += dOut[i * cols + c]!;
  }
}
