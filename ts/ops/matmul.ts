import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { count, expectFloat } from "./checks.ts";
import { broadcastShapes, expand, sumTo } from "./expand.ts";
import { type Product, product } from "./product.ts";

export interface MatmulOptions {
  /** Read `a` as `[..., k, m]`. */
  transposeA?: boolean;
  /** Read `b` as `[..., n, k]`. */
  transposeB?: boolean;
}

/**
 * `a · b`: `a [..., m, k]`, `b [..., k, n]`, out `[..., m, n]`; leading axes are broadcast as NumPy does. A transposed operand is
 * read where it lies. A vector `a [k]` is a row and `b [k]` a column, and the result lacks that axis; transposing changes no vector.
 *
 * Throws `SHAPE`, `RANK`, `DTYPE`, `DISPOSED`.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  expectFloat("matmul", { a, b });
  if (a.shape.length === 1 || b.shape.length === 1) return productOfVectors(a, b, transposeA, transposeB);
  const { m, n, k } = innerDims(a, b, transposeA, transposeB);
  const leading = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = oneOrWhole(a, leading);
  const right = oneOrWhole(b, leading);
  const factors = {
    a: left,
    b: right,
    n,
    k,
    transposeA,
    transposeB,
    ...rowsAndBatches(left, right, count(leading), m, transposeA),
  };
  const out = multiplyBatches(factors, [...leading, m, n]);
  if (left !== a) left.dispose();
  if (right !== b) right.dispose();
  return out;
}

function productOfVectors(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  const [row, column] = [a.shape.length === 1, b.shape.length === 1];
  return scope(() => {
    const left = row ? a.reshape([1, a.length]) : a;
    const right = column ? b.reshape([b.length, 1]) : b;
    const out = matmul(left, right, { transposeA: !row && transposeA, transposeB: !column && transposeB });
    const shape = out.shape.toSpliced(-2, 2, ...(row ? [] : out.shape.slice(-2, -1)), ...(column ? [] : out.shape.slice(-1)));
    return out.reshape(shape);
  });
}

/** A product of two operands, each with a matrix for every item of the batch or one for all of them. */
type Factors = Required<Pick<Product, "a" | "b" | "m" | "n" | "k" | "batch" | "aBatch" | "bBatch" | "transposeA" | "transposeB">>;

type RowsAndBatches = Pick<Factors, "m" | "batch" | "aBatch" | "bBatch">;

function rowsAndBatches(a: Tensor, b: Tensor, batch: number, m: number, transposeA: boolean): RowsAndBatches {
  const own = (operand: Tensor) => (count(operand.shape.slice(0, -2)) === batch ? batch : 1);
  // All rows of a batch times one matrix are one product, and so is that matrix's gradient.
  if (own(a) === batch && own(b) !== batch && !transposeA) return { m: batch * m, batch: 1, aBatch: 1, bBatch: 1 };
  return { m, batch, aBatch: own(a), bBatch: own(b) };
}

function multiplyBatches(factors: Factors, shape: readonly number[]): Tensor {
  const { a, b, batch, aBatch, bBatch } = factors;
  const out = empty(shape);
  product({ ...factors, out });
  return record(out, [a, b], [a, b], (dOut, grads) => {
    const place = (i: number, ownBatch: number, operand: Tensor) =>
      ownBatch === batch ? grads.empty(i) : empty([batch, ...operand.shape.slice(-2)]);
    const dA = grads.wants(0) ? place(0, aBatch, a) : null;
    if (dA) leftGradient(factors, dOut, dA);
    const dB = grads.wants(1) ? place(1, bBatch, b) : null;
    if (dB) rightGradient(factors, dOut, dB);
    // Where one matrix served the whole batch, each item has given it a gradient.
    return [dA && (aBatch === batch ? dA : sumTo(dA, a.shape)), dB && (bBatch === batch ? dB : sumTo(dB, b.shape))];
  });
}

/** `dOut · op(b)ᵀ`, or, of a transposed `a`, its transpose `op(b) · dOutᵀ`. */
function leftGradient({ b, m, n, k, batch, bBatch, transposeA, transposeB }: Factors, dOut: Tensor, out: Tensor): void {
  if (transposeA)
    product({ a: b, b: dOut, out, batch, aBatch: bBatch, m: k, n: m, k: n, transposeA: transposeB, transposeB: true });
  else product({ a: dOut, b, out, batch, bBatch, m, n: k, k: n, transposeB: !transposeB });
}

/** `op(a)ᵀ · dOut`, or, of a transposed `b`, its transpose `dOutᵀ · op(a)`. */
function rightGradient({ a, m, n, k, batch, aBatch, transposeA, transposeB }: Factors, dOut: Tensor, out: Tensor): void {
  if (transposeB)
    product({ a: dOut, b: a, out, batch, bBatch: aBatch, m: n, n: k, k: m, transposeA: true, transposeB: transposeA });
  else product({ a, b: dOut, out, batch, aBatch, m: k, n, k: m, transposeA: !transposeA });
}

function oneOrWhole(operand: Tensor, leading: readonly number[]): Tensor {
  const matrix = operand.shape.slice(-2);
  const own = count(operand.shape.slice(0, -2));
  return own === 1 || own === count(leading) ? operand : expand(operand, [...leading, ...matrix]);
}

function innerDims(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): { m: number; n: number; k: number } {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new FoveaError("RANK", `matmul: a and b need at least 1 axis, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [a1, a0] : [a0, a1];
  const [kOfB, n] = transposeB ? [b1, b0] : [b0, b1];
  if (k === kOfB) return { m, n, k };
  const flags = `${transposeA ? ", transposeA" : ""}${transposeB ? ", transposeB" : ""}`;
  throw new FoveaError("SHAPE", `matmul: the inner sizes differ, got ${formatShape(a.shape)} · ${formatShape(b.shape)}${flags}`);
}
