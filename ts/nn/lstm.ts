import type { Tensor } from "../tensor/tensor.ts";
import { Recurrent, type RecurrentCall, type RecurrentOptions, type RecurrentResult, type RecurrentStep } from "./recurrent.ts";

export interface LSTMCall extends RecurrentCall {
  /** The first cells, shaped as `h0`; 0 if left out. */
  c0?: Tensor | null | undefined;
}

export interface LSTMResult extends RecurrentResult {
  /** Each layer's last cells, shaped as `hn`. */
  cn: Tensor;
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997): PyTorch's module, batch first, with its initial values and state-dict
 * keys; gates i, f, g, o. With `lengths` each item stops at its own length, and the reverse direction begins there, as in PyTorch's
 * packed sequences, in whatever order the items come.
 *
 *     const lstm = new LSTM(64, 128, { numLayers: 2, bidirectional: true });
 *     const { out, hn, cn } = lstm.forward(x, { lengths: [10, 3] }); // x [2, 10, 64], out [2, 10, 256], hn and cn [4, 2, 128]
 */
export class LSTM extends Recurrent {
  /** Throws `RANGE`. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super("lstm", inputSize, hiddenSize, options);
  }

  /** `x [batch, seqLen, inputSize]`. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`. */
  forward(x: Tensor, call: LSTMCall = {}): LSTMResult {
    const { out, hn, cn } = this.run(x, call);
    return { out, hn, cn: cn! };
  }

  /** One step, for decoding: `x [batch, inputSize]`, out `[batch, hiddenSize]`. Throws as `forward`; `RANGE` if bidirectional. */
  step(x: Tensor, states: RecurrentStep & Pick<LSTMCall, "c0"> = {}): LSTMResult {
    const { out, hn, cn } = this.runStep(x, states);
    return { out, hn, cn: cn! };
  }
}
