/** `x · weightᵀ + bias`, weight `[to, from]`, in float64. */
export function linear(x: Float64Array, weight: Float64Array, bias: Float64Array): Float64Array {
  const to = bias.length;
  return product(x, weight, weight.length / to).map((value, i) => value + bias[i % to]!);
}

export interface LinearGradients {
  dX: Float64Array;
  dWeight: Float64Array;
  dBias: Float64Array;
}

export function linearBackward(x: Float64Array, weight: Float64Array, dOut: Float64Array, to: number): LinearGradients {
  const from = weight.length / to;
  const m = x.length / from;
  const dBias = new Float64Array(to);
  dOut.forEach((value, i) => {
    dBias[i % to]! += value;
  });
  const dX = product(dOut, transposed(weight, to, from), to);
  return { dX, dWeight: product(transposed(dOut, m, to), transposed(x, m, from), m), dBias };
}

/**
 * `a [m, k] · bᵀ`, `b [n, k]`: what `matmul` of ts/reference computes, two rows by four columns at a time. The 20 GFLOP of a training
 * case would take it the better part of a minute.
 */
export function product(a: Float64Array, b: Float64Array, k: number): Float64Array {
  const [m, n] = [a.length / k, b.length / k];
  const out = new Float64Array(m * n);
  const sums = new Float64Array(8);
  for (let row = 0; row < m; row += 2) {
    const nextRow = Math.min(row + 1, m - 1);
    for (let col = 0; col < n; col += 4) {
      const cols = [col, Math.min(col + 1, n - 1), Math.min(col + 2, n - 1), Math.min(col + 3, n - 1)] as const;
      tile(a, row * k, nextRow * k, b, cols[0] * k, cols[1] * k, cols[2] * k, cols[3] * k, k, sums);
      for (let i = 0; i < 4; i++) {
        out[row * n + cols[i]!] = sums[i]!;
        out[nextRow * n + cols[i]!] = sums[4 + i]!;
      }
    }
  }
  return out;
}

type Floats = Float64Array;

/** Eight sums in local variables: V8 keeps those in registers. */
function tile(
  a: Floats,
  a0: number,
  a1: number,
  b: Floats,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
  k: number,
  sums: Floats,
): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < k; i++) {
    const [x0, x1] = [a[a0 + i]!, a[a1 + i]!];
    const [y0, y1, y2, y3] = [b[b0 + i]!, b[b1 + i]!, b[b2 + i]!, b[b3 + i]!];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
  }
  sums.set([s00, s01, s02, s03, s10, s11, s12, s13]);
}

function transposed(values: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = values[r * cols + c]!;
  return out;
}
