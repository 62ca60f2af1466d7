import { type RecurrentCellKind, type RecurrentWeights, recurrentLayer } from "../ops/recurrentLayer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";
import { recurrentWeights } from "./recurrent.ts";

/** What a cell is given and gives back: `state = cell.forward(x, state)`. */
export interface RecurrentState {
  /** `[batch, hiddenSize]`; 0 if left out. */
  h?: Tensor | null | undefined;
}

export interface LSTMState extends RecurrentState {
  /** `[batch, hiddenSize]`; 0 if left out. */
  c?: Tensor | null | undefined;
}

/** One layer, one step. Keys are PyTorch's: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`. */
abstract class RecurrentCell extends Module {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
  readonly #cell: RecurrentCellKind;

  constructor(cell: RecurrentCellKind, inputSize: number, hiddenSize: number, bias: boolean) {
    super();
    const weights: RecurrentWeights = recurrentWeights(cell, inputSize, hiddenSize, bias);
    this.#cell = cell;
    this.weightIh = weights.weightIh;
    this.weightHh = weights.weightHh;
    this.biasIh = weights.biasIh ?? null;
    this.biasHh = weights.biasHh ?? null;
  }

  protected run(x: Tensor, { h, c }: LSTMState): { h: Tensor; c?: Tensor } {
    expectAxes(this.constructor.name, { x }, ["batch", "inputSize"]);
    const lengths = Array<number>(x.shape[0]!).fill(1);
    return scope(() => {
      const { hn, cn } = recurrentLayer(x, this, { cell: this.#cell, lengths, h0: h, c0: c });
      return { h: hn, ...(cn && { c: cn }) };
    });
  }
}

/** One step of a one-layer `LSTM`. */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, { bias = true }: { bias?: boolean } = {}) {
    super("lstm", inputSize, hiddenSize, bias);
  }

  /** `x [batch, inputSize]`. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, state: LSTMState = {}): { h: Tensor; c: Tensor } {
    const { h, c } = this.run(x, state);
    return { h, c: c! };
  }
}

/** One step of a one-layer `GRU`. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, { bias = true }: { bias?: boolean } = {}) {
    super("gru", inputSize, hiddenSize, bias);
  }

  /** `x [batch, inputSize]`. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, state: RecurrentState = {}): { h: Tensor } {
    return this.run(x, state);
  }
}

/** One step of a one-layer `RNN`. */
export class RNNCell extends RecurrentCell {
  /** Throws `RANGE`. */
  constructor(
    inputSize: number,
    hiddenSize: number,
    { bias = true, nonlinearity = "tanh" }: { bias?: boolean; nonlinearity?: "tanh" | "relu" } = {},
  ) {
    if (nonlinearity !== "tanh" && nonlinearity !== "relu")
      throw new FoveaError("RANGE", `RNNCell: nonlinearity must be "tanh" or "relu", got ${JSON.stringify(nonlinearity)}`);
    super(nonlinearity, inputSize, hiddenSize, bias);
  }

  /** `x [batch, inputSize]`. Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, state: RecurrentState = {}): { h: Tensor } {
    return this.run(x, state);
  }
}
