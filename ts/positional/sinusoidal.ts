import { add } from "../ops/add.ts";
import { FoveaError } from "../runtime/errors.ts";
import { asRows } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";

/**
 * Adds `sin(p / base^(2i / embedDim))` to channel 2i and the cosine of the same to channel 2i + 1, p the position from 0 (Vaswani
 * et al. 2017); an odd width ends with a sine. Nothing is trained and no length is too long. Throws `RANGE`.
 */
export function sinusoidal({ base = 10_000 }: { base?: number } = {}): PositionalEncoding {
  if (!(base > 0)) throw new FoveaError("RANGE", `sinusoidal: base must be above 0, got ${base}`);
  return ({ embedDim }) => {
    let table = new Float32Array();
    return {
      embed(x: Tensor): Tensor {
        const seqLen = x.shape.at(-2) ?? 0;
        if (x.shape.length < 2 || asRows("sinusoidal", x).cols !== embedDim)
          throw new FoveaError(
            "SHAPE",
            `sinusoidal: x must be [..., seqLen, embedDim = ${embedDim}], got [${x.shape.join(", ")}]`,
          );
        if (table.length < seqLen * embedDim)
          table = sinusoidalTable(Math.max(seqLen, (2 * table.length) / embedDim), embedDim, base);
        const positions = empty([seqLen, embedDim]);
        positions.view().set(table.subarray(0, seqLen * embedDim));
        const out = add(x, positions);
        positions.dispose();
        return out;
      },
    };
  };
}

/** The table that `sinusoidal` adds, `[seqLen, embedDim]`, row-major. */
export function sinusoidalTable(seqLen: number, embedDim: number, base = 10_000): Float32Array<ArrayBuffer> {
  const table = new Float32Array(seqLen * embedDim);
  for (let channel = 0; channel < embedDim; channel += 1) {
    const wave = channel % 2 === 0 ? Math.sin : Math.cos;
    const frequency = base ** (-(channel - (channel % 2)) / embedDim);
    for (let position = 0; position < seqLen; position += 1) table[position * embedDim + channel] = wave(position * frequency);
  }
  return table;
}
