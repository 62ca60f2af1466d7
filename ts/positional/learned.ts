import { add } from "../ops/add.ts";
import { embedding } from "../ops/embedding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { arange, randn } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";

/**
 * Adds a trained vector for each of the first `maxLen` positions (Gehring et al. 2017); they start normal with standard deviation
 * `std`, as BERT's. Throws `RANGE` for a longer sequence.
 */
export function learned(maxLen: number, { std = 0.02 }: { std?: number } = {}): PositionalEncoding {
  if (!Number.isInteger(maxLen) || maxLen < 1)
    throw new FoveaError("RANGE", `learned: maxLen must be a whole number of at least 1, got ${maxLen}`);
  return ({ embedDim }) => {
    const weight = randn([maxLen, embedDim]);
    const view = weight.view();
    for (let i = 0; i < view.length; i += 1) view[i]! *= std;
    return {
      parameters: { weight },
      embed(x: Tensor): Tensor {
        const seqLen = x.shape.at(-2) ?? 0;
        if (seqLen > maxLen)
          throw new FoveaError("RANGE", `learned: sequences may have up to maxLen = ${maxLen} positions, got ${seqLen}`);
        const ids = arange(seqLen);
        const positions = embedding(ids, weight);
        const out = add(x, positions);
        positions.dispose();
        ids.dispose();
        return out;
      },
    };
  };
}
