import * as kernels from "../runtime/kernels.gen.ts";
import { scope } from "../tensor/scope.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { broadcastAxes, withAxes } from "./broadcastAxes.ts";
import { cast } from "./cast.ts";
import { broadcastShapes } from "./expand.ts";

// Element by element, of any dtypes; shapes are broadcast as NumPy does, and either may be a number. The result is bool, without a
// gradient. With NaN all but `notEqual` are false. Each throws `SHAPE`, `DISPOSED`.

/** `x = y`. */
export function equal(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("equal", EQUAL, x, y);
}

/** `x ≠ y`. */
export function notEqual(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("notEqual", NOT_EQUAL, x, y);
}

/** `x < y`. */
export function less(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("less", LESS, x, y);
}

/** `x ≤ y`. */
export function lessEqual(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("lessEqual", LESS_EQUAL, x, y);
}

/** `x > y`. */
export function greater(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("greater", LESS, y, x);
}

/** `x ≥ y`. */
export function greaterEqual(x: Tensor | number, y: Tensor | number): Tensor {
  return compare("greaterEqual", LESS_EQUAL, y, x);
}

/** Whether `x` is NaN. */
function ofNaN(x: Tensor): Tensor {
  return compare("isNaN", NOT_EQUAL, x, x);
}

export { ofNaN as isNaN };

/** Whether `x` and `y` are both true, or not 0. */
export function logicalAnd(x: Tensor, y: Tensor): Tensor {
  return scope(() => compare("logicalAnd", LESS, logicalNot(x), cast(y, "bool")));
}

/** Whether `x` or `y` or both are true, or not 0. */
export function logicalOr(x: Tensor, y: Tensor): Tensor {
  return scope(() => compare("logicalOr", LESS_EQUAL, logicalNot(x), cast(y, "bool")));
}

/** Whether `x` is false, or 0. */
export function logicalNot(x: Tensor): Tensor {
  return compare("logicalNot", EQUAL, x, 0);
}

/** The kernel's numbers. */
const [LESS, EQUAL, LESS_EQUAL, NOT_EQUAL] = [1, 2, 3, 6];

function compare(name: string, op: number, x: Tensor | number, y: Tensor | number): Tensor {
  const operands = [x, y];
  for (const operand of operands) if (typeof operand !== "number") expectAlive(name, operand);
  const whole = operands.every((operand) => (typeof operand === "number" ? isInt32(operand) : operand.dtype !== "float32"));
  const dtype = whole ? "int32" : "float32";
  return scope(() => {
    const [left, right] = operands.map((operand) =>
      typeof operand === "number" ? single(operand, dtype) : cast(operand, dtype),
    );
    return compared(name, op, left!, right!);
  });
}

function compared(name: string, op: number, x: Tensor, y: Tensor): Tensor {
  const out = empty(broadcastShapes(name, x.shape, y.shape), "bool");
  const sizes = { xLen: x.length, yLen: y.length, n: out.length, op };
  const kernel = x.dtype === "int32" ? kernels.compareInt32 : kernels.compare;
  if (out.length > 0)
    withAxes(broadcastAxes(out.shape, [x, y]), (axes) => kernel({ x, y, axes, out, rank: (axes?.length ?? 0) / 3, ...sizes }));
  return out;
}

function single(value: number, dtype: "float32" | "int32"): Tensor {
  const out = empty([], dtype);
  out.view()[0] = value;
  return out;
}

const isInt32 = (value: number): boolean => (value | 0) === value;
