import { FoveaError } from "../runtime/errors.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";

/** What each token had to do with an answer, by one method or several. */
export interface AttributionMap {
  readonly tokens: readonly string[];
  /** Under each method's name a number for each token: above 0 it speaks for what is explained, below 0 against it. */
  readonly scores: Readonly<Record<string, ArrayLike<number>>>;
}

/**
 * A number for each token of one item: the sum over its vector of `attributions` `[batch, seqLen, width]`, which are of embeddings. Without
 * `count`, how many tokens are real, of all of them. A copy. Throws `RANK`, `RANGE`, `DTYPE`, `DISPOSED`.
 */
export function tokenAttributions(attributions: Tensor, item = 0, count: number | null = null): Float64Array {
  expectAlive("tokenAttributions", attributions);
  const { shape, dtype } = attributions;
  if (shape.length !== 3)
    throw new FoveaError("RANK", `tokenAttributions: attributions must be [batch, seqLen, width], got [${shape.join(", ")}]`);
  if (dtype !== "float32") throw new FoveaError("DTYPE", `tokenAttributions: attributions must be float32, got ${dtype}`);
  const [batch, seqLen, width] = shape as [number, number, number];
  const tokens = count ?? seqLen;
  if (!(Number.isInteger(item) && item >= 0 && item < batch))
    throw new FoveaError("RANGE", `tokenAttributions: item must be from 0 to ${batch - 1}, got ${item}`);
  if (!(Number.isInteger(tokens) && tokens >= 0 && tokens <= seqLen))
    throw new FoveaError("RANGE", `tokenAttributions: count must be from 0 to ${seqLen}, got ${count}`);
  const view = attributions.view();
  return Float64Array.from({ length: tokens }, (_, token) => {
    const start = (item * seqLen + token) * width;
    let sum = 0;
    for (let i = start; i < start + width; i += 1) sum += view[i]!;
    return sum;
  });
}

/** The largest of the scores, by size. Throws `SHAPE` if there is not one for each token. */
export function strongest(op: string, tokens: readonly string[], name: string, scores: ArrayLike<number>): number {
  if (scores.length !== tokens.length)
    throw new FoveaError("SHAPE", `${op}: ${name} needs a score for each of ${tokens.length} tokens, got ${scores.length}`);
  return Array.from(scores).reduce((most, score) => Math.max(most, Math.abs(score)), 0);
}
