import type { Tensor } from "../../ts/tensor/tensor.ts";
import type { Golden } from "./goldens.ts";

/** Exchanges the two middle axes: PyTorch's `[batch, numHeads, length, headDim]` and our `[batch, length, numHeads, headDim]`. */
export function swapHeads(from: Golden | Tensor): Golden {
  const values = "values" in from ? from.values : from.view();
  const [a, b, c, d] = from.shape as [number, number, number, number];
  const swapped = new Float32Array(values.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        for (let l = 0; l < d; l++) swapped[((i * c + k) * b + j) * d + l] = values[((i * b + j) * c + k) * d + l]!;
      }
    }
  }
  return { shape: [a, c, b, d], values: swapped };
}
