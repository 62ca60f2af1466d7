import { add } from "../ops/add.ts";
import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { type Place, positionsAt } from "./places.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";

/**
 * Adds `sin(p / base^(2i / embedDim))` to channel 2i and the cosine of the same to channel 2i + 1, p the position from 0 (Vaswani
 * et al. 2017); an odd width ends with a sine. Nothing is trained and no length is too long. Throws `RANGE`.
 */
export function sinusoidal({ base = 10_000 }: { base?: number } = {}): PositionalEncoding {
  expectBase("sinusoidal", base);
  return ({ embedDim }) => {
    let table = new Float32Array();
    return {
      embed(x: Tensor, place: Place = 0): Tensor {
        const seqLen = x.shape.at(-2) ?? 0;
        if (x.shape.length < 2 || x.shape.at(-1) !== embedDim)
          throw new FoveaError(
            "SHAPE",
            `sinusoidal: x must be [..., seqLen, embedDim = ${embedDim}], got ${formatShape(x.shape)}`,
          );
        if (place !== 0) {
          const { shape, values } = positionsAt("sinusoidal", place, x.shape[0]!, seqLen);
          return added(x, waves(values, embedDim, base), [...shape, embedDim]);
        }
        if (table.length < seqLen * embedDim)
          table = sinusoidalTable(Math.max(seqLen, (2 * table.length) / embedDim), embedDim, base);
        return added(x, table.subarray(0, seqLen * embedDim), [seqLen, embedDim]);
      },
    };
  };
}

/** The table that `sinusoidal` adds, `[seqLen, embedDim]`, row-major. */
export function sinusoidalTable(seqLen: number, embedDim: number, base = 10_000): Float32Array<ArrayBuffer> {
  return waves(
    Float64Array.from({ length: seqLen }, (_, i) => i),
    embedDim,
    base,
  );
}

/** Its rows for any positions: computed in float64, as an angle of 10⁶ has no decimals left in float32. */
export function waves(positions: ArrayLike<number>, embedDim: number, base: number): Float32Array<ArrayBuffer> {
  const table = new Float32Array(positions.length * embedDim);
  for (let channel = 0; channel < embedDim; channel += 1) {
    const wave = channel % 2 === 0 ? Math.sin : Math.cos;
    const frequency = base ** (-(channel - (channel % 2)) / embedDim);
    for (let row = 0; row < positions.length; row += 1) table[row * embedDim + channel] = wave(positions[row]! * frequency);
  }
  return table;
}

/** `x` and a table of `shape`, repeated over its leading axes. */
export function added(x: Tensor, table: Float32Array, shape: readonly number[]): Tensor {
  const positions = empty(shape);
  positions.view().set(table);
  const out = add(x, positions);
  positions.dispose();
  return out;
}

/** Throws `RANGE` unless `base` is positive. */
export function expectBase(op: string, base: number): void {
  if (!(base > 0)) throw new FoveaError("RANGE", `${op}: base must be above 0, got ${base}`);
}
