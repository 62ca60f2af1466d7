import { expectProbability } from "../ops/checks.ts";
import { dropout } from "../ops/dropout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Zeroes elements with probability `p` while training and scales the others by `1 / (1 − p)`; gives `x` itself otherwise. */
export class Dropout extends Module {
  readonly p: number;

  /** Throws `RANGE`. */
  constructor(p = 0.5) {
    super();
    expectProbability("Dropout", "p", p);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
}
