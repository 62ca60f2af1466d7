import { add } from "../ops/add.ts";
import { concat } from "../ops/concat.ts";
import { indexSelect } from "../ops/gather.ts";
import { logSoftmax } from "../ops/logSumExp.ts";
import { matmul } from "../ops/matmul.ts";
import { narrow } from "../ops/narrow.ts";
import { FoveaError } from "../runtime/errors.ts";
import { tensor } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import { expectDType } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Embedding } from "./embedding.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

export interface AdaptiveOptions {
  /** Ids sorted by frequency: where the groups of rarer words begin, ascending. Default none: one group. */
  cutoffs?: readonly number[];
  /** Vectors of group g have `dModel / divValue^g` elements, rounded down. Default 1. */
  divValue?: number;
}

/**
 * Embeddings of frequent words wide, of rare ones narrow, each group of them taken to `dModel` by a matrix (Baevski and Auli 2019). With one
 * group it is an `Embedding`.
 */
export class AdaptiveEmbedding extends Module {
  /** One for each group. */
  readonly tables: readonly Embedding[];
  /** `[dModel, width]` of each group; none if there is only one. */
  readonly projections: readonly Linear[];
  /** Where each group begins, and the end of the last. */
  readonly bounds: readonly number[];
  readonly dModel: number;

  /** Throws `RANGE` for cutoffs that do not ascend within the vocabulary, or vectors of no width. */
  constructor(vocabSize: number, dModel: number, { cutoffs = [], divValue = 1 }: AdaptiveOptions = {}) {
    super();
    this.bounds = [0, ...cutoffs, vocabSize];
    if (!this.bounds.every((bound, i) => Number.isInteger(bound) && (i === 0 || bound > this.bounds[i - 1]!)))
      throw new FoveaError(
        "RANGE",
        `AdaptiveEmbedding: cutoffs must ascend between 0 and vocabSize = ${vocabSize}, got [${cutoffs.join(", ")}]`,
      );
    const widths = [0, ...cutoffs].map((_, group) => Math.floor(dModel / divValue ** group));
    if (!(divValue >= 1) || widths.some((width) => width < 1))
      throw new FoveaError(
        "RANGE",
        `AdaptiveEmbedding: divValue must be at least 1 and leave a width to each group, got ${divValue}`,
      );
    this.dModel = dModel;
    this.tables = widths.map((width, group) => new Embedding(this.bounds[group + 1]! - this.bounds[group]!, width));
    this.projections = cutoffs.length === 0 ? [] : widths.map((width) => new Linear(width, dModel, { bias: false }));
  }

  /** `ids` int32 `[...]` to `[..., dModel]`. Throws `RANGE`, `DTYPE`, `DISPOSED`. */
  forward(ids: Tensor): Tensor {
    expectDType("AdaptiveEmbedding", { ids }, "int32");
    if (this.projections.length === 0) return this.tables[0]!.forward(ids);
    return scope(() => {
      // The words of each group are looked up together; then all are put back where they stood.
      const { members, order } = this.#byGroup(ids);
      const rows = members.map((own, group) => this.projections[group]!.forward(this.tables[group]!.forward(tensor(own))));
      return indexSelect(concat(rows), 0, tensor(order)).reshape([...ids.shape, this.dModel]);
    });
  }

  #byGroup(ids: Tensor): { members: Int32Array[]; order: Int32Array } {
    const groups = this.tables.map((): { ids: number[]; places: number[] } => ({ ids: [], places: [] }));
    ids.view().forEach((id: number, place: number) => {
      const group = this.bounds.findIndex((bound) => id < bound) - 1;
      if (group < 0)
        throw new FoveaError(
          "RANGE",
          `AdaptiveEmbedding: ids must be from 0 to ${this.bounds.at(-1)! - 1}, got ${id} at element ${place}`,
        );
      groups[group]!.ids.push(id - this.bounds[group]!);
      groups[group]!.places.push(place);
    });
    const order = new Int32Array(ids.length);
    for (const [row, place] of groups.flatMap(({ places }) => places).entries()) order[place] = row;
    return { members: groups.map((group) => Int32Array.from(group.ids)), order };
  }
}

/**
 * The softmax that goes with an `AdaptiveEmbedding`, whose vectors it uses: among the frequent words and the groups, then within a group
 * (Joulin et al. 2017).
 */
export class AdaptiveSoftmax extends Module {
  /** One for each group; their weights are the embedding's. */
  readonly outputs: readonly Linear[];
  /** `[dModel, width]` of each group, the embedding's or its own. */
  readonly projections: readonly Linear[];
  /** A score for each group but the first. */
  readonly clusters: Linear | null;

  /** `ownProjections` says of each group whether it has a matrix of its own rather than the embedding's. */
  constructor(embedding: AdaptiveEmbedding, { ownProjections = [] }: { ownProjections?: readonly boolean[] } = {}) {
    super();
    const { dModel, tables } = embedding;
    this.outputs = tables.map(({ weight }) => new Linear(weight.shape[1]!, weight.shape[0]!, { weight }));
    this.projections = embedding.projections.map((shared, group) =>
      ownProjections[group] ? new Linear(shared.weight.shape[1]!, dModel, { bias: false }) : shared,
    );
    this.clusters = tables.length > 1 ? new Linear(tables[0]!.weight.shape[1]!, tables.length - 1) : null;
  }

  /** `x [..., dModel]` to logarithms of probabilities, `[..., vocabSize]`. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const first = this.#narrowed(x, 0);
      const frequent = this.outputs[0]!.forward(first);
      if (this.clusters === null) return logSoftmax(frequent);
      const head = logSoftmax(concat([frequent, this.clusters.forward(first)], { axis: -1 }));
      const length = frequent.shape.at(-1)!;
      const tails = this.outputs.slice(1).map((output, i) => {
        const cluster = narrow(head, { axis: -1, start: length + i, length: 1 });
        return add(logSoftmax(output.forward(this.#narrowed(x, i + 1))), cluster);
      });
      return concat([narrow(head, { axis: -1, start: 0, length }), ...tails], { axis: -1 });
    });
  }

  #narrowed(x: Tensor, group: number): Tensor {
    const projection = this.projections[group];
    return projection ? matmul(x, projection.weight) : x;
  }
}
