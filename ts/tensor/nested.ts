import type { DType, TypedArray } from "../runtime/buffer.ts";
import { FoveaError } from "../runtime/errors.ts";
import { formatShape, type Shape } from "./shape.ts";

/** Arrays in arrays, one level per axis, with numbers or booleans at the bottom. */
export type Nested = number | boolean | readonly Nested[];

/** The values in row-major order as arrays in arrays. */
export function nest(values: TypedArray, shape: Shape, dtype: DType): Nested {
  let next = 0;
  const level = (axis: number): Nested => {
    if (axis < shape.length) return Array.from({ length: shape[axis]! }, () => level(axis + 1));
    const value = values[next++]!;
    return dtype === "bool" ? value !== 0 : value;
  };
  return level(0);
}

/** The shape of arrays in arrays and their elements in row-major order. Throws `SHAPE` where rows differ in length or depth. */
export function flatten(op: string, data: unknown): { shape: Shape; values: unknown[] } {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values: unknown[] = [];
  const walk = (item: unknown, axis: number, path: string): void => {
    if (!Array.isArray(item)) {
      if (axis < shape.length) refuse(op, `${path} is not an array`, shape);
      values.push(item);
      return;
    }
    if (axis >= shape.length) refuse(op, `${path} is an array`, shape);
    if (item.length !== shape[axis]) refuse(op, `${path || "the data"} has ${item.length} elements`, shape);
    // Not forEach: it would step over holes.
    for (let index = 0; index < item.length; index += 1) walk(item[index], axis + 1, `${path}[${index}]`);
  };
  walk(data, 0, "");
  return { shape, values };
}

function refuse(op: string, what: string, shape: Shape): never {
  throw new FoveaError(
    "SHAPE",
    `${op}: rows must all be alike, but ${what} where ${formatShape(shape)} was expected; pad them to one length`,
  );
}
