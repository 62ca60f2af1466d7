import { record } from "../autograd/tape.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { scope } from "../tensor/scope.ts";
import { expectDType, expectRankAtLeast } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { broadcastAxes, withAxes } from "./broadcastAxes.ts";
import { expectFloat } from "./checks.ts";
import { broadcastShapes, sumTo } from "./expand.ts";
import { scalar } from "./reduction.ts";

/**
 * `a` where `condition`, bool, is true, elsewhere `b`; shapes are broadcast as NumPy does, `a` and `b` may be numbers. What is not chosen
 * does not matter, and gets a gradient of 0. Throws `SHAPE`, `DTYPE`, `DISPOSED`.
 */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  return choose("where", condition, a, b);
}

/** `x`, but `value` where `mask`, bool, is true. Throws `SHAPE`, `DTYPE`, `DISPOSED`. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  return choose("maskedFill", mask, value, x);
}

export interface TriangleOptions {
  /** How far above the main diagonal the last diagonal is that is kept (the first, of `triu`); below it if negative. */
  diagonal?: number;
}

/**
 * The lower triangle of matrices `x [..., rows, cols]`, 0 above it. Throws `RANK`, `DTYPE`, `DISPOSED`.
 *
 *     tril            tril, diagonal 1     triu
 *     a 0 0           a b 0                a b c
 *     d e 0           d e f                0 e f
 *     g h i           g h i                0 0 i
 */
export function tril(x: Tensor, { diagonal = 0 }: TriangleOptions = {}): Tensor {
  return triangle("tril", x, (row, col) => col <= row + diagonal);
}

/** The upper triangle of matrices `x [..., rows, cols]`, 0 below it. Throws `RANK`, `DTYPE`, `DISPOSED`. */
export function triu(x: Tensor, { diagonal = 0 }: TriangleOptions = {}): Tensor {
  return triangle("triu", x, (row, col) => col >= row + diagonal);
}

function triangle(op: string, x: Tensor, keeps: (row: number, col: number) => boolean): Tensor {
  expectFloat(op, { x });
  expectRankAtLeast(op, { x }, 2);
  const [rows, cols] = x.shape.slice(-2) as [number, number];
  return scope(() => {
    const kept = empty([rows, cols], "bool");
    const view = kept.view();
    for (let row = 0; row < rows; row += 1)
      for (let col = 0; col < cols; col += 1) view[row * cols + col] = keeps(row, col) ? 1 : 0;
    return choose(op, kept, x, 0);
  });
}

function choose(op: string, condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  expectAlive(op, condition);
  expectDType(op, { condition }, "bool");
  for (const [name, operand] of Object.entries({ a, b })) if (typeof operand !== "number") expectFloat(op, { [name]: operand });
  const operands = [a, b].map((operand) => (typeof operand === "number" ? scalar(operand) : operand)) as [Tensor, Tensor];
  const shape = operands.reduce((whole, operand) => broadcastShapes(op, whole, operand.shape), [...condition.shape]);
  const out = empty(shape);
  chosen(condition, ...operands, out);
  record(out, operands, [condition], (dOut, grads) => {
    const nothing = scalar(0);
    return operands.map((operand, i) => {
      if (!grads.wants(i)) return null;
      const own = i === 0 ? ([dOut, nothing] as const) : ([nothing, dOut] as const);
      return sumTo(chosen(condition, ...own, empty(shape)), operand.shape);
    });
  });
  if (typeof a === "number") operands[0].dispose();
  if (typeof b === "number") operands[1].dispose();
  return out;
}

function chosen(condition: Tensor, a: Tensor, b: Tensor, out: Tensor): Tensor {
  const lens = { conditionLen: condition.length, aLen: a.length, bLen: b.length, n: out.length };
  if (out.length > 0)
    withAxes(broadcastAxes(out.shape, [condition, a, b]), (axes) =>
      kernels.select({ condition, a, b, axes, out, rank: (axes?.length ?? 0) / 4, ...lens }),
    );
  return out;
}
