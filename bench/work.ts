import type { Problem } from "../test/harness/problem.ts";
import { BYTES } from "../ts/runtime/buffer.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";

export interface Work {
  flops: number;
  bytes: number;
}

type Dims = Record<string, number>;

/** Queries times the keys they see. */
function pairs({ batch, numHeads, queryLen, keyLen, causal, causalOffset }: Dims): number {
  let seen = 0;
  for (let i = 0; i < queryLen!; i++) seen += causal ? Math.min(keyLen!, Math.max(0, i + causalOffset! + 1)) : keyLen!;
  return batch! * numHeads! * seen;
}

/** Each row's state, or the gradient of its gates, by the recurrent weights. */
function recurrentProducts({ rows, numGates, hidden }: Dims): number {
  return 2 * rows! * numGates! * hidden! * hidden!;
}

/** Multiplications and additions of the matrix products, for kernels that live by them. Backward does five where forward does two. */
const flopsOf: { readonly [K in KernelName]?: (dims: Dims) => number } = {
  matmul: ({ batch, m, n, k }) => 2 * batch! * m! * n! * k!,
  attentionForward: (dims) => pairs(dims) * 2 * (dims.headDim! + dims.valueHeadDim!),
  recurrentForward: recurrentProducts,
  recurrentBackward: recurrentProducts,
  attentionBackward: (dims) => pairs(dims) * 2 * (3 * dims.headDim! + 2 * dims.valueHeadDim!),
};

/** What must be read and written at least; an updated buffer is both. */
export function workOf({ kernel, dims, buffers }: Problem): Work {
  const flops = flopsOf[kernel]?.(dims) ?? 0;
  let bytes = 0;
  for (const { arg, dtype, length } of buffers) bytes += length * BYTES[dtype] * (arg.kind === "update" ? 2 : 1);
  if (kernel === "embeddingForward") bytes += BYTES.float32 * dims.cols! * (dims.count! - dims.vocab!); // of the table, only the rows asked for
  if (kernel === "copyStrided") bytes = 2 * BYTES.float32 * Math.min(dims.xLen!, dims.outLen!);
  return { flops, bytes };
}
