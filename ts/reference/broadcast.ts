import type { Args } from "./rounding.ts";

/** By number, as the kernels take them. */
export const binaries: readonly ((x: number, y: number) => number)[] = [
  (x, y) => x + y,
  (x, y) => x - y,
  (x, y) => x * y,
  (x, y) => x / y,
  Math.max,
  Math.min,
  (x, y) => (x < y ? 0 : x === y ? 0.5 : 1),
];

const ternaries: readonly ((x: number, y: number, z: number) => number)[] = [
  (x, y, z) => z * Math.exp(x - y),
  (x, y, z) => z * (x - y),
  (x, y, z) => z * (x === y ? 1 : 0),
  (x, y, z) => z - y * Math.exp(x),
  (x, y, z) => x - y - z,
];

const comparisons: Readonly<Record<number, (x: number, y: number) => boolean>> = {
  1: (x, y) => x < y,
  2: (x, y) => x === y,
  3: (x, y) => x <= y,
  6: (x, y) => x !== y,
};

/** Calls `f` with the number of each of `n` elements of the result and where two or three operands are there. */
function walk(
  axes: Int32Array | null | undefined,
  lengths: readonly [x: number, y: number, z?: number],
  n: number,
  f: (at: number, x: number, y: number, z: number) => void,
): void {
  const width = lengths.length + 1;
  const all = axes && axes.length > 0 ? axes : [n, ...lengths.map((length) => (length === n ? 1 : 0))];
  let at = 0;
  const along = (axis: number, x: number, y: number, z: number): void => {
    const [size, ofX, ofY, ofZ] = [all[axis]!, all[axis + 1]!, all[axis + 2]!, width > 3 ? all[axis + 3]! : 0];
    const last = axis + width === all.length;
    for (let i = 0; i < size; i++)
      if (last) f(at++, x + i * ofX, y + i * ofY, z + i * ofZ);
      else along(axis + width, x + i * ofX, y + i * ofY, z + i * ofZ);
  };
  along(0, 0, 0, 0);
}

export function binary({ x, y, axes, out, n, op }: Args["binary"]): void {
  const f = binaries[op]!;
  walk(axes, [x.length, y.length], n, (at, i, j) => {
    out[at] = f(x[i]!, y[j]!);
  });
}

export function ternary({ x, y, z, axes, out, n, op }: Args["ternary"]): void {
  const f = ternaries[op]!;
  walk(axes, [x.length, y.length, z.length], n, (at, i, j, k) => {
    out[at] = f(x[i]!, y[j]!, z[k]!);
  });
}

export function select({ condition, a, b, axes, out, n }: Args["select"]): void {
  walk(axes, [condition.length, a.length, b.length], n, (at, i, j, k) => {
    out[at] = condition[i] ? a[j]! : b[k]!;
  });
}

export function compare({ x, y, axes, out, n, op }: Args["compare"]): void {
  const holds = comparisons[op]!;
  walk(axes, [x.length, y.length], n, (at, i, j) => {
    out[at] = holds(x[i]!, y[j]!) ? 1 : 0;
  });
}

export function compareInt32({ x, y, axes, out, n, op }: Args["compareInt32"]): void {
  const holds = comparisons[op]!;
  walk(axes, [x.length, y.length], n, (at, i, j) => {
    out[at] = holds(x[i]!, y[j]!) ? 1 : 0;
  });
}
