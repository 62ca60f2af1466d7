import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { broadcastShapes, expand, sumTo } from "./expand.ts";
import { product } from "./product.ts";

export interface MatmulOptions {
  /** Read `a` as `[..., k, m]`. */
  transposeA?: boolean;
  /** Read `b` as `[..., n, k]`. */
  transposeB?: boolean;
}

/**
 * `a · b`: `a [..., m, k]`, `b [..., k, n]`, out `[..., m, n]`; leading axes are broadcast as NumPy does. A transposed operand is
 * read where it lies.
 *
 * Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  const { m, n, k } = innerDims(a, b, transposeA, transposeB);
  const leading = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = oneOrWhole(a, leading);
  const right = oneOrWhole(b, leading);
  return multiplyBatches(left, right, [...leading, m, n], { m, n, k, transposeA, transposeB });
}

type Inner = { m: number; n: number; k: number; transposeA: boolean; transposeB: boolean };

/** Both operands have either all leading axes of `shape` or a single matrix. */
function multiplyBatches(a: Tensor, b: Tensor, shape: readonly number[], { m, n, k, transposeA, transposeB }: Inner): Tensor {
  const out = empty(shape);
  const batch = count(shape.slice(0, -2));
  const aBatch = a.length === m * k && batch !== 0 ? 1 : batch;
  const bBatch = b.length === k * n && batch !== 0 ? 1 : batch;
  product({ a, b, out, m, n, k, batch, aBatch, bBatch, transposeA, transposeB });

  return record(out, [a, b], [a, b], (dOut, grads) => {
    const sizes = { batch, m, n, k };
    const dA = grads.wants(0)
      ? intoShape(a, aBatch === batch ? grads.empty(0) : null, batch, (dA) =>
          transposeA
            ? product({
                a: b,
                b: dOut,
                out: dA,
                ...sizes,
                m: k,
                n: m,
                k: n,
                aBatch: bBatch,
                transposeA: transposeB,
                transposeB: true,
              })
            : product({ a: dOut, b, out: dA, ...sizes, n: k, k: n, bBatch, transposeB: !transposeB }),
        )
      : null;
    const dB = grads.wants(1)
      ? intoShape(b, bBatch === batch ? grads.empty(1) : null, batch, (dB) =>
          transposeB
            ? product({
                a: dOut,
                b: a,
                out: dB,
                ...sizes,
                m: n,
                n: k,
                k: m,
                bBatch: aBatch,
                transposeA: true,
                transposeB: transposeA,
              })
            : product({ a, b: dOut, out: dB, ...sizes, m: k, k: m, aBatch, transposeA: !transposeA }),
        )
      : null;
    return [dA, dB];
  });
}

/**
 * The gradient of an operand: written in place, or, where one matrix served a whole batch, one for each of the batch and summed.
 */
function intoShape(operand: Tensor, slot: Tensor | null, batch: number, write: (gradient: Tensor) => void): Tensor {
  const gradient = slot ?? empty([batch, ...operand.shape.slice(-2)]);
  write(gradient);
  return slot ?? sumTo(gradient, operand.shape);
}

function oneOrWhole(operand: Tensor, leading: readonly number[]): Tensor {
  const matrix = operand.shape.slice(-2);
  const own = count(operand.shape.slice(0, -2));
  return own === 1 || own === count(leading) ? operand : expand(operand, [...leading, ...matrix]);
}

function innerDims(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): { m: number; n: number; k: number } {
  expectFloat("matmul", { a, b });
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new FoveaError("RANK", `matmul: a and b need at least 2 axes, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [a1, a0] : [a0, a1];
  const [kOfB, n] = transposeB ? [b1, b0] : [b0, b1];
  if (k === kOfB) return { m, n, k };
  const flags = `${transposeA ? ", transposeA" : ""}${transposeB ? ", transposeB" : ""}`;
  throw new FoveaError("SHAPE", `matmul: the inner sizes differ, got ${formatShape(a.shape)} · ${formatShape(b.shape)}${flags}`);
}
