import { rotate } from "../ops/rotate.ts";
import { FoveaError } from "../runtime/errors.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { type Places, positionsAt, type TokenPositions } from "./places.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";
import { expectScaling, type RotaryFrequencies, type RotaryScaling, rotaryFrequencies } from "./rotaryFrequencies.ts";
import { expectBase } from "./sinusoidal.ts";

export interface RotaryOptions {
  base?: number;
  /** How many channels of each head are turned, an even number; the others stay as they are. Default `headDim`. */
  rotaryDim?: number;
  /** Whether neighbours 2p and 2p + 1 are a pair (the paper, GPT-J), rather than channels p and p + rotaryDim / 2 (Llama, NeoX). */
  interleaved?: boolean;
  scaling?: RotaryScaling | null;
}

/**
 * Turns pair p of the channels of query and key by `position · base^(−2p / rotaryDim)`, so that their product depends on how far
 * apart the two are and on nothing else (Su et al. 2021). Nothing is trained. Throws `RANGE`; `SHAPE` where `rotaryDim` is odd or
 * larger than `headDim`.
 */
export function rotary(options: RotaryOptions = {}): PositionalEncoding {
  const { base = 10_000, interleaved = false, scaling = null } = options;
  expectBase("rotary", base);
  expectScaling(scaling);
  return ({ embedDim, numHeads, headDim = embedDim / numHeads }) => {
    const { rotaryDim = headDim } = options;
    if (!Number.isInteger(rotaryDim / 2) || rotaryDim < 2 || rotaryDim > headDim)
      throw new FoveaError("SHAPE", `rotary: rotaryDim must be even and at most headDim = ${headDim}, got ${rotaryDim}`);
    const tableOf = rememberingTable();
    return {
      rotate(query: Tensor, key: Tensor, { query: queryPlace = 0, key: keyPlace = 0 }: Places): readonly [Tensor, Tensor] {
        const at = [query, key].map(({ shape }, i) => positionsAt("rotary", [queryPlace, keyPlace][i]!, shape[0]!, shape[1]!));
        const longest = at.reduce((most, { values }) => values.reduce((a, b) => Math.max(a, b + 1), most), 0);
        const frequencies = rotaryFrequencies(base, rotaryDim, scaling, longest);
        const [placedQuery, placedKey] = [query, key].map((x, i) => turned(x, tableOf(at[i]!, frequencies), interleaved));
        return [placedQuery!, placedKey!];
      },
    };
  };
}

interface Table {
  readonly positions: TokenPositions;
  readonly frequencies: RotaryFrequencies;
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Makes tables, and remembers the last: it is the same for query and key, and for most steps of a training run. */
function rememberingTable(): (positions: TokenPositions, frequencies: RotaryFrequencies) => Table {
  let last: Table | null = null;
  return (positions, frequencies) => {
    const same = last && samePositions(last.positions, positions) && sameNumbers(last.frequencies.radians, frequencies.radians);
    last = last && same ? last : tableOf(positions, frequencies);
    return last;
  };
}

/** In float64 until the end: float32 has no decimals left for an angle of 10⁶. */
function tableOf(positions: TokenPositions, frequencies: RotaryFrequencies): Table {
  const { radians, magnitude } = frequencies;
  const pairs = radians.length;
  const [cos, sin] = [new Float32Array(positions.values.length * pairs), new Float32Array(positions.values.length * pairs)];
  positions.values.forEach((position, row) => {
    for (let pair = 0; pair < pairs; pair += 1) {
      const angle = position * radians[pair]!;
      cos[row * pairs + pair] = magnitude * Math.cos(angle);
      sin[row * pairs + pair] = magnitude * Math.sin(angle);
    }
  });
  return { positions, frequencies, cos, sin };
}

function turned(x: Tensor, table: Table, interleaved: boolean): Tensor {
  const shape = [...table.positions.shape, table.frequencies.radians.length];
  const [cos, sin] = [empty(shape), empty(shape)];
  cos.view().set(table.cos);
  sin.view().set(table.sin);
  const out = rotate(x, cos, sin, { interleaved });
  cos.dispose();
  sin.dispose();
  return out;
}

function samePositions(a: TokenPositions, b: TokenPositions): boolean {
  return sameShape(a.shape, b.shape) && sameNumbers(a.values, b.values);
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
