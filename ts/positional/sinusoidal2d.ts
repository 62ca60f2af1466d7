import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Place } from "./places.ts";
import type { PositionalEncoding } from "./positionalEncoding.ts";
import { added, expectBase, waves } from "./sinusoidal.ts";

export interface Sinusoidal2dOptions {
  /** Of the image, in tokens. */
  height: number;
  width: number;
  /** Tokens in front that are no part of the image, such as a class token; nothing is added to them. */
  leading?: number;
  base?: number;
}

/**
 * For images as sequences of `leading + height · width` tokens, row by row: the first half of the channels gets the sinusoidal
 * encoding of the token's row, the second half that of its column (Parmar et al. 2018). Throws `RANGE`; `SHAPE` where the width is
 * odd or the tokens are not as many.
 */
export function sinusoidal2d({ height, width, leading = 0, base = 10_000 }: Sinusoidal2dOptions): PositionalEncoding {
  expectBase("sinusoidal2d", base);
  for (const [name, size] of Object.entries({ height, width, leading }))
    if (!Number.isInteger(size) || size < (name === "leading" ? 0 : 1))
      throw new FoveaError("RANGE", `sinusoidal2d: ${name} must be a whole number of tokens, got ${size}`);
  return ({ embedDim }) => {
    if (embedDim % 2 !== 0) throw new FoveaError("SHAPE", `sinusoidal2d: embedDim must be even, got ${embedDim}`);
    const tokens = leading + height * width;
    const table = new Float32Array(tokens * embedDim);
    table.set(sinusoidalTable2d({ height, width, embedDim, base }), leading * embedDim);
    return {
      embed(x: Tensor, place: Place = 0): Tensor {
        if (place !== 0) throw new FoveaError("RANGE", `sinusoidal2d: an image starts at position 0, got ${place}`);
        if (x.shape.length < 2 || x.shape.at(-2) !== tokens || x.shape.at(-1) !== embedDim)
          throw new FoveaError(
            "SHAPE",
            `sinusoidal2d: x must be [..., ${tokens}, embedDim = ${embedDim}], ${leading} + ${height} · ${width} tokens, got ${formatShape(x.shape)}`,
          );
        return added(x, table, [tokens, embedDim]);
      },
    };
  };
}

/** The table that `sinusoidal2d` adds to an image, `[height · width, embedDim]`, row-major. */
export function sinusoidalTable2d(sizes: {
  height: number;
  width: number;
  embedDim: number;
  base?: number;
}): Float32Array<ArrayBuffer> {
  const { height, width, embedDim, base = 10_000 } = sizes;
  const half = embedDim / 2;
  const numbers = Float64Array.from({ length: Math.max(height, width) }, (_, i) => i);
  const rows = waves(numbers, half, base);
  const table = new Float32Array(height * width * embedDim);
  for (let token = 0; token < height * width; token += 1) {
    const [y, x] = [Math.floor(token / width), token % width];
    table.set(rows.subarray(y * half, (y + 1) * half), token * embedDim);
    table.set(rows.subarray(x * half, (x + 1) * half), token * embedDim + half);
  }
  return table;
}
