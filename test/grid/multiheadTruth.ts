/** One call of `MultiheadAttention` in plain numbers. Masks are PyTorch's: true may not attend; floats are added. */
export interface MultiheadCall {
  batch: number;
  queryLen: number;
  keyLen: number;
  embedDim: number;
  numHeads: number;
  kdim: number;
  vdim: number;
  query: Float32Array;
  key: Float32Array;
  value: Float32Array;
  keyPadding: Uint8Array | null;
  /** What is added to the score of query i of head h of item b and key j. */
  added: ((b: number, h: number, i: number, j: number) => number) | null;
  addZeroAttn: boolean;
  /** By PyTorch's names. */
  state: ReadonlyMap<string, Float32Array>;
}

type Rows = (row: number) => Float64Array;

/** `out [batch, queryLen, embedDim]` and `weights [batch, numHeads, queryLen, keys]`, as the paper has them. */
export function multiheadTruth(call: MultiheadCall): { out: Float64Array; weights: Float64Array; keys: number } {
  const { batch, queryLen, keyLen, embedDim, numHeads, state } = call;
  const headDim = embedDim / numHeads;
  const extra = [state.get("bias_k"), state.get("bias_v")];
  const keys = keyLen + (extra[0] ? 1 : 0) + (call.addZeroAttn ? 1 : 0);
  const projected = projections(call);
  const out = new Float64Array(batch * queryLen * embedDim);
  const weights = new Float64Array(batch * numHeads * queryLen * keys);
  for (let b = 0; b < batch; b++) {
    const rowOf = (rows: Rows, bias: Float32Array | undefined, j: number): ArrayLike<number> => {
      if (j < keyLen) return rows(b * keyLen + j);
      return bias && j === keyLen ? bias : new Float64Array(embedDim);
    };
    for (let i = 0; i < queryLen; i++) {
      const heads = new Float64Array(embedDim);
      const query = projected.query(b * queryLen + i);
      for (let h = 0; h < numHeads; h++) {
        const scores = Float64Array.from({ length: keys }, (_, j) => {
          const key = rowOf(projected.key, extra[0], j);
          let score = 0;
          for (let d = h * headDim; d < (h + 1) * headDim; d++) score += query[d]! * key[d]!;
          const masked = j < keyLen && call.keyPadding?.[b * keyLen + j] === 1;
          return masked ? -Infinity : score / Math.sqrt(headDim) + (j < keyLen ? (call.added?.(b, h, i, j) ?? 0) : 0);
        });
        const row = softmax(scores);
        weights.set(row, ((b * numHeads + h) * queryLen + i) * keys);
        row.forEach((weight, j) => {
          const value = rowOf(projected.value, extra[1], j);
          for (let d = h * headDim; d < (h + 1) * headDim; d++) heads[d]! += weight * value[d]!;
        });
      }
      out.set(affine(heads, state.get("out_proj.weight")!, state.get("out_proj.bias"), embedDim), (b * queryLen + i) * embedDim);
    }
  }
  return { out, weights, keys };
}

/** Query, key and value after their projections, row by row. */
function projections({ embedDim, kdim, vdim, query, key, value, state }: MultiheadCall): Record<"query" | "key" | "value", Rows> {
  const whole = state.get("in_proj_weight");
  const part = (n: number, name: string) =>
    whole ? whole.subarray(n * embedDim * embedDim, (n + 1) * embedDim * embedDim) : state.get(`${name}_proj_weight`)!;
  const rows = (x: Float32Array, width: number, n: number, name: string): Rows => {
    const bias = state.get("in_proj_bias")?.subarray(n * embedDim, (n + 1) * embedDim);
    const done = new Map<number, Float64Array>();
    return (row) => {
      if (!done.has(row)) done.set(row, affine(x.subarray(row * width, (row + 1) * width), part(n, name), bias, embedDim));
      return done.get(row)!;
    };
  };
  return { query: rows(query, embedDim, 0, "q"), key: rows(key, kdim, 1, "k"), value: rows(value, vdim, 2, "v") };
}

function affine(x: ArrayLike<number>, weight: Float32Array, bias: Float32Array | undefined, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, o) => {
    let sum = bias?.[o] ?? 0;
    for (let d = 0; d < x.length; d++) sum += weight[o * x.length + d]! * x[d]!;
    return sum;
  });
}

/** Zeros where nothing is seen. */
function softmax(scores: Float64Array): Float64Array {
  const max = Math.max(...scores);
  if (max === -Infinity) return scores.fill(0);
  const powers = scores.map((score) => Math.exp(score - max));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
