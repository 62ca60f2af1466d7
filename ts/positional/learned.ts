import { add } from "../ops/add.ts";
import { embedding } from "../ops/embedding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { randn, tensor } from "../tensor/create.ts";
import { expectRankAtLeast } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Place, positionsAt } from "./places.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";

export interface LearnedOptions {
  /** Standard deviation of the initial vectors. */
  std?: number;
  /** A position whose vector stays as it is, where a model puts its padding. */
  paddingIdx?: number | null;
}

/**
 * Adds a trained vector for each of the first `maxLen` positions (Gehring et al. 2017); they start normal with standard deviation
 * `std`, as BERT's. Throws `RANGE` for a position beyond them.
 */
export function learned(maxLen: number, { std = 0.02, paddingIdx = null }: LearnedOptions = {}): PositionalEncoding {
  if (!Number.isInteger(maxLen) || maxLen < 1)
    throw new FoveaError("RANGE", `learned: maxLen must be a whole number of at least 1, got ${maxLen}`);
  return ({ embedDim }) => {
    const weight = randn([maxLen, embedDim]);
    const view = weight.view();
    for (let i = 0; i < view.length; i += 1) view[i]! *= std;
    return {
      parameters: { weight },
      embed(x: Tensor, place: Place = 0): Tensor {
        expectRankAtLeast("learned", { x }, 2);
        const { shape, values } = positionsAt("learned", place, x.shape[0]!, x.shape.at(-2)!);
        const beyond = values.find((position) => position < 0 || position >= maxLen);
        if (beyond !== undefined)
          throw new FoveaError("RANGE", `learned: positions must be below maxLen = ${maxLen}, got ${beyond}`);
        const ids = tensor(values, shape);
        const positions = embedding(ids, weight, { paddingIdx });
        const out = add(x, positions);
        positions.dispose();
        ids.dispose();
        return out;
      },
    };
  };
}
