import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/** The kernels' numbers, and what they tell the gradient from: the input or the result. */
const UNARY = {
  exp: { code: 0, from: "out" },
  log: { code: 1, from: "x" },
  sqrt: { code: 2, from: "out" },
  rsqrt: { code: 3, from: "out" },
  reciprocal: { code: 4, from: "out" },
  square: { code: 5, from: "x" },
  abs: { code: 6, from: "x" },
  sigmoid: { code: 7, from: "out" },
  tanh: { code: 8, from: "out" },
  silu: { code: 9, from: "x" },
  softplus: { code: 10, from: "x" },
  mish: { code: 11, from: "x" },
  elu: { code: 12, from: "x" },
  leakyRelu: { code: 13, from: "x" },
  sine: { code: 14, from: "x" },
  power: { code: 15, from: "x" },
  clamp: { code: 16, from: "x" },
} as const;

/** A function of each element of `x`; `a` and `b` are its parameters. `op` is named in errors. */
export function unary(op: string, kind: keyof typeof UNARY, x: Tensor, a = 0, b = 0): Tensor {
  expectFloat(op, { x });
  const { code, from } = UNARY[kind];
  const n = x.length;
  const out = empty(x.shape);
  if (n > 0) kernels.unaryForward({ x, out, n, op: code, a, b });
  const saved = from === "x" ? x : out;
  return record(out, [x], [saved], (dOut, grads) => {
    const dX = grads.empty(0);
    if (n > 0) kernels.unaryBackward({ saved, dOut, dX, n, op: code, a, b });
    return [dX];
  });
}
