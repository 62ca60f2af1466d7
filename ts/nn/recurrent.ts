import { expectProbability } from "../ops/checks.ts";
import { concat } from "../ops/concat.ts";
import { dropout } from "../ops/dropout.ts";
import { narrow } from "../ops/narrow.ts";
import { packPadded, padPacked } from "../ops/packPadded.ts";
import {
  type RecurrentCellKind,
  type RecurrentLayerResult,
  type RecurrentWeights,
  recurrentLayer,
} from "../ops/recurrentLayer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { kaimingUniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

export interface RecurrentOptions {
  numLayers?: number;
  /** Whether the layers have biases. */
  bias?: boolean;
  /** The probability of dropping an output of a layer, but for the last, while training. */
  dropout?: number;
  /** A second set of layers walks each item from its end; outputs are both, one behind the other. */
  bidirectional?: boolean;
}

export interface RecurrentCall {
  /** How many steps of each item are real; all of them if left out. */
  lengths?: ArrayLike<number> | null | undefined;
  /** The first states, `[numLayers · numDirections, batch, hiddenSize]`; 0 if left out. */
  h0?: Tensor | null | undefined;
}

export interface RecurrentResult {
  /** The last layer's states, `[batch, seqLen, numDirections · hiddenSize]`; 0 where an item has ended. */
  out: Tensor;
  /** Each layer's last states, `[numLayers · numDirections, batch, hiddenSize]`, forward before reverse: where an item ends, not the batch. */
  hn: Tensor;
}

/** One step: `x [batch, inputSize]`. */
export interface RecurrentStep {
  h0?: Tensor | null | undefined;
}

/** What `LSTM`, `GRU` and `RNN` share: layers over directions, packing, states. Keys are PyTorch's: `weight_ih_l0`, `bias_hh_l1_reverse`, … */
export abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly #cell: RecurrentCellKind;
  /** By layer, then direction. */
  readonly #weights: RecurrentWeights[][];

  /** Throws `RANGE`. */
  constructor(cell: RecurrentCellKind, inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super();
    const { numLayers = 1, bias = true, dropout = 0, bidirectional = false } = options;
    for (const [name, size] of Object.entries({ inputSize, hiddenSize, numLayers }))
      if (!Number.isInteger(size) || size < 1)
        throw new FoveaError("RANGE", `${new.target.name}: ${name} must be a whole number of at least 1, got ${size}`);
    expectProbability(new.target.name, "dropout", dropout);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bidirectional = bidirectional;
    this.dropout = dropout;
    this.#cell = cell;
    const directions = bidirectional ? ["", "Reverse"] : [""];
    this.#weights = Array.from({ length: numLayers }, (_, layer) =>
      directions.map((suffix) => {
        const width = layer === 0 ? inputSize : directions.length * hiddenSize;
        const weights = recurrentWeights(cell, width, hiddenSize, bias);
        // Where `Module` finds them, and named as PyTorch names them.
        Object.assign(this, Object.fromEntries(Object.entries(weights).map(([name, w]) => [`${name}L${layer}${suffix}`, w])));
        return weights;
      }),
    );
  }

  protected run(x: Tensor, call: RecurrentCall & { c0?: Tensor | null | undefined }): RecurrentResult & { cn?: Tensor } {
    const { lengths, h0, c0 } = call;
    const op = this.constructor.name;
    expectAxes(op, { x }, ["batch", "seqLen", "inputSize"]);
    const [batch, seqLen] = x.shape as [number, number];
    expectShape(op, { x }, [batch, seqLen, this.inputSize]);
    expectShape(op, { h0, c0 }, [this.#weights.flat().length, batch, this.hiddenSize]);
    return scope(() => {
      const all = lengths ?? Array<number>(batch).fill(seqLen);
      const finals: RecurrentLayerResult[] = [];
      let rows = packPadded(x, all);
      for (const directions of this.#weights) {
        if (finals.length > 0) rows = dropout(rows, { p: this.dropout, training: this.training });
        const results = directions.map((weights, i) => {
          const at = finals.length + i;
          const states = { h0: h0 && stateOf(h0, at), c0: c0 && stateOf(c0, at) };
          return recurrentLayer(rows, weights, { cell: this.#cell, lengths: all, reverse: i === 1, ...states });
        });
        finals.push(...results);
        rows =
          results.length === 1
            ? results[0]!.out
            : concat(
                results.map(({ out }) => out),
                { axis: 1 },
              );
      }
      const out = padPacked(rows, all, seqLen);
      const cells = finals.flatMap(({ cn }) => (cn ? [cn] : []));
      return { out, hn: stack(finals.map(({ hn }) => hn)), ...(cells.length > 0 && { cn: stack(cells) }) };
    });
  }

  /** `run` for one step: `x [batch, inputSize]`, out `[batch, hiddenSize]`. */
  protected runStep(x: Tensor, states: RecurrentStep & { c0?: Tensor | null | undefined }): RecurrentResult & { cn?: Tensor } {
    const op = `${this.constructor.name}.step`;
    expectAxes(op, { x }, ["batch", "inputSize"]);
    if (this.bidirectional)
      throw new FoveaError("RANGE", `${op}: must not be bidirectional, as the reverse direction begins at the end; use forward`);
    return scope(() => {
      const [batch, inputSize] = x.shape as [number, number];
      const { out, ...finals } = this.run(x.reshape([batch, 1, inputSize]), states);
      return { out: out.reshape([batch, this.hiddenSize]), ...finals };
    });
  }
}

/** PyTorch's initial values: all uniform within ±1 / √hiddenSize. */
export function recurrentWeights(
  cell: RecurrentCellKind,
  inputSize: number,
  hiddenSize: number,
  bias: boolean,
): RecurrentWeights {
  const width = { tanh: 1, relu: 1, gru: 3, lstm: 4 }[cell] * hiddenSize;
  const values = (...shape: number[]) => parameter(kaimingUniform(shape, hiddenSize));
  return {
    weightIh: values(width, inputSize),
    weightHh: values(width, hiddenSize),
    ...(bias && { biasIh: values(width), biasHh: values(width) }),
  };
}

/** `[batch, hiddenSize]`: the states of one layer in one direction. */
function stateOf(states: Tensor, at: number): Tensor {
  const [, batch, hiddenSize] = states.shape as [number, number, number];
  return narrow(states, { start: at, length: 1 }).reshape([batch, hiddenSize]);
}

/** All of `[batch, hiddenSize]` as `[count, batch, hiddenSize]`. */
function stack(states: readonly Tensor[]): Tensor {
  const whole = states.length === 1 ? states[0]! : concat(states);
  return whole.reshape([states.length, ...states[0]!.shape]);
}
