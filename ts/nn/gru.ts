import type { Tensor } from "../tensor/tensor.ts";
import { Recurrent, type RecurrentCall, type RecurrentOptions, type RecurrentResult, type RecurrentStep } from "./recurrent.ts";

/**
 * Gated recurrent unit (Cho et al. 2014), the reset gate after the product: PyTorch's module, batch first, with its initial values
 * and state-dict keys; gates r, z, n. `lengths` as in `LSTM`.
 */
export class GRU extends Recurrent {
  /** Throws `RANGE`. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("gru", inputSize, hiddenSize, options);
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
