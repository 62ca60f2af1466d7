import { logSoftmax } from "../ops/logSumExp.ts";
import { tensor } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CtcPrefix } from "./ctcPrefix.ts";
import { type Decoding, rowsOf } from "./decoding.ts";

export interface JointRules {
  /** CTC's share of each score. */
  readonly ctcWeight: number;
  /** The token that ends a text, which CTC does not have. */
  readonly eos: number;
  /** CTC's blank, which is no token of a text. */
  readonly blank: number;
}

/**
 * A decoder and CTC that choose together (Watanabe et al. 2017): the scores are `(1 − ctcWeight) log p` of the decoder's next token and `ctcWeight` times
 * what the token costs CTC. The first token of each prompt starts the text; CTC does not hear it.
 */
export class JointDecoding implements Decoding {
  readonly #decoder: Decoding;
  readonly #rules: JointRules;
  #prefixes: readonly CtcPrefix[];
  #started = false;

  /** A prefix for each text, with nothing appended. */
  constructor(decoder: Decoding, prefixes: readonly CtcPrefix[], rules: JointRules) {
    this.#decoder = decoder;
    this.#prefixes = prefixes;
    this.#rules = rules;
  }

  step(ids: Tensor, padding?: readonly number[]): Tensor {
    const [, newLen] = ids.shape as [number, number];
    const tokens = ids.toArray();
    for (const [row, prefix] of this.#prefixes.entries()) {
      const first = this.#started ? 0 : 1 + (padding?.[row] ?? 0);
      for (const id of tokens.slice(row * newLen + first, (row + 1) * newLen)) prefix.append(id);
    }
    this.#started = true;
    return scope(() => {
      const logProbs = logSoftmax(this.#decoder.step(ids, padding));
      const scores = rowsOf(logProbs).flatMap((row, item) => this.#scores(row, this.#prefixes[item]!));
      return tensor(Float32Array.from(scores), logProbs.shape);
    });
  }

  select(items: readonly number[]): void {
    this.#decoder.select(items);
    this.#prefixes = items.map((item) => this.#prefixes[item]!.copy());
  }

  [Symbol.dispose](): void {
    this.#decoder[Symbol.dispose]();
  }

  #scores(row: Float32Array, prefix: CtcPrefix): number[] {
    const { ctcWeight, eos, blank } = this.#rules;
    const heard = (id: number): number => {
      if (prefix.prefix === Number.NEGATIVE_INFINITY) return id === eos ? 0 : Number.NEGATIVE_INFINITY; // more than the frames hold: nothing but an end
      return (id === eos ? prefix.ends() : prefix.goesOnWith(id)) - prefix.prefix;
    };
    return Array.from(row, (logProb, id) =>
      id === blank ? Number.NEGATIVE_INFINITY : (1 - ctcWeight) * logProb + ctcWeight * heard(id),
    );
  }
}
