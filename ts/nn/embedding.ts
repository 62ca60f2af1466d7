import { embedding } from "../ops/embedding.ts";
import { FoveaError } from "../runtime/errors.ts";
import { randn } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module, parameter } from "./module.ts";

/**
 * Rows of a table by id: int32 `[...]` to `[..., embeddingDim]`. They start normal; the row `paddingIdx` starts 0 and gets no
 * gradient.
 */
export class Embedding extends Module {
  /** `[numEmbeddings, embeddingDim]` */
  readonly weight: Tensor;
  readonly paddingIdx: number | null;

  /** Throws `RANGE` if `paddingIdx` is no row; a negative one counts from the end. */
  constructor(numEmbeddings: number, embeddingDim: number, { paddingIdx = null }: { paddingIdx?: number | null } = {}) {
    super();
    this.paddingIdx = paddingIdx === null ? null : rowOf(paddingIdx, numEmbeddings);
    this.weight = parameter(randn([numEmbeddings, embeddingDim]));
    if (this.paddingIdx === null) return;
    const start = this.paddingIdx * embeddingDim;
    this.weight.view().fill(0, start, start + embeddingDim);
  }

  forward(ids: Tensor): Tensor {
    return embedding(ids, this.weight, { paddingIdx: this.paddingIdx });
  }
}

function rowOf(paddingIdx: number, rows: number): number {
  if (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows)
    return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  throw new FoveaError("RANGE", `Embedding: paddingIdx must be from ${-rows} to ${rows - 1}, got ${paddingIdx}`);
}
