import { FoveaError } from "../runtime/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Recurrent, type RecurrentCall, type RecurrentOptions, type RecurrentResult, type RecurrentStep } from "./recurrent.ts";

export interface RNNOptions extends RecurrentOptions {
  nonlinearity?: "tanh" | "relu";
}

/**
 * `h = tanh(W_ih x + b_ih + W_hh h + b_hh)` at every step (Elman 1990): PyTorch's module, batch first, with its initial values and
 * state-dict keys. `lengths` as in `LSTM`.
 */
export class RNN extends Recurrent {
  /** Throws `RANGE`. */
  constructor(inputSize: number, hiddenSize: number, { nonlinearity = "tanh", ...options }: RNNOptions = {}) {
    if (nonlinearity !== "tanh" && nonlinearity !== "relu")
      throw new FoveaError("RANGE", `RNN: nonlinearity must be "tanh" or "relu", got ${JSON.stringify(nonlinearity)}`);
    super(nonlinearity, inputSize, hiddenSize, options);
  }

  /** `x [batch, seqLen, inputSize]`. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, call: RecurrentCall = {}): RecurrentResult {
    return this.run(x, call);
  }

  /** One step, for decoding: `x [batch, inputSize]`, out `[batch, hiddenSize]`. Throws as `forward`; `RANGE` if bidirectional. */
  step(x: Tensor, states: RecurrentStep = {}): RecurrentResult {
    return this.runStep(x, states);
  }
}
