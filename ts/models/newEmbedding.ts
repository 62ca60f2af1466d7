import { Embedding } from "../nn/embedding.ts";
import { fillNormal } from "../nn/init.ts";

/** Embeddings that start normal with standard deviation `std`, 1 if left out; that of `paddingIdx` starts as 0. Throws `RANGE`. */
export function newEmbedding(rows: number, width: number, std?: number, paddingIdx: number | null = null): Embedding {
  const embedding = new Embedding(rows, width, { paddingIdx });
  if (std === undefined) return embedding;
  fillNormal(embedding.weight, std);
  const padding = embedding.paddingIdx;
  if (padding !== null) embedding.weight.view().fill(0, padding * width, (padding + 1) * width);
  return embedding;
}
