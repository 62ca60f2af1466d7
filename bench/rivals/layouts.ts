import type { Inputs } from "./inputs.ts";

interface HeadSizes {
  batch: number;
  numHeads: number;
  seqLen: number;
  headDim: number;
}

/** `[batch, seqLen, numHeads, headDim]` to `[batch, numHeads, seqLen, headDim]`, as most others want attention's inputs. */
export function headsFirst(values: Inputs[string], { batch, numHeads, seqLen, headDim }: HeadSizes): Float32Array<ArrayBuffer> {
  return swapped(values, batch, seqLen, numHeads, headDim);
}

/** And back. */
export function headsSecond(values: Inputs[string], { batch, numHeads, seqLen, headDim }: HeadSizes): Float32Array<ArrayBuffer> {
  return swapped(values, batch, numHeads, seqLen, headDim);
}

/** `[batch, outer, inner, width]` to `[batch, inner, outer, width]`. */
function swapped(values: Inputs[string], batch: number, outer: number, inner: number, width: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let b = 0; b < batch; b++)
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        const from = ((b * outer + o) * inner + i) * width;
        out.set(values.subarray(from, from + width), ((b * inner + i) * outer + o) * width);
      }
  return out;
}

/** `[rows, cols]` to `[cols, rows]`: a Linear's weight for those who multiply from the left. */
export function transposed(values: Inputs[string], rows: number, cols: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c]!;
  return out;
}
