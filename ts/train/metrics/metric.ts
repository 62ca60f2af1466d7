import type { Tensor } from "../../tensor/tensor.ts";

/** A number that says how good a model is, gathered batch by batch. */
export interface Metric {
  /** `logits [..., classes]`, `labels [...]`; negative labels are ignored. */
  add(logits: Tensor, labels: Tensor): void;
  /** Of all that was added. */
  readonly value: number;
}
