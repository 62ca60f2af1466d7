import { gelu } from "./gelu.ts";
import { type Args, roundingOf } from "./rounding.ts";

/** By code, as the kernel takes it: none, ReLU, GELU by erf, GELU by tanh. */
const activations = [
  (x: number) => x,
  (x: number) => Math.max(x, 0),
  (x: number) => gelu(x, false),
  (x: number) => gelu(x, true),
];

export function matmul(args: Args["matmul"]): void {
  const { a, b, bias, out, pre, batch, aBatch, bBatch, m, n, k, transposeA, transposeB } = args;
  const round = roundingOf(out);
  const activation = activations[args.activation]!;
  for (let item = 0; item < batch; item++) {
    const aStart = (item % aBatch) * m * k;
    const bStart = (item % bBatch) * k * n;
    for (let row = 0; row < m; row++) {
      for (let col = 0; col < n; col++) {
        let sum = 0;
        for (let inner = 0; inner < k; inner++) {
          const left = a[aStart + (transposeA ? inner * m + row : row * k + inner)]!;
          const right = b[bStart + (transposeB ? col * k + inner : inner * n + col)]!;
          sum = round(sum + round(left * right));
        }
        if (bias) sum = round(sum + bias[col]!);
        const at = (item * m + row) * n + col;
        if (pre) pre[at] = sum;
        out[at] = activation(sum);
      }
    }
  }
}
