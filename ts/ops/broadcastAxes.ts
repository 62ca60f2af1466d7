import { empty, type Tensor } from "../tensor/tensor.ts";

type Shaped = Pick<Tensor, "shape">;

/**
 * How operands are walked for a result of `shape`, as the kernels take it: `[size, step of each operand]` for each axis, outermost
 * first, axes that lie together as one. Null where there is nothing to say: every operand is whole or one number.
 */
export function broadcastAxes(shape: readonly number[], operands: readonly Shaped[]): number[] | null {
  const strides = operands.map(({ shape: own }) => repeatedStrides(own, shape.length));
  const axes: number[][] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const steps = strides.map((of) => of[axis]!);
    const before = axes.at(-1);
    if (before && steps.every((step, i) => before[i + 1] === step * size)) axes[axes.length - 1] = [before[0]! * size, ...steps];
    else axes.push([size, ...steps]);
  });
  return axes.length <= 1 ? null : axes.flat();
}

/** The strides of a contiguous tensor over `rank` axes; 0 along those it is repeated along. */
export function repeatedStrides(own: readonly number[], rank: number): number[] {
  const strides = Array<number>(rank).fill(0);
  let stride = 1;
  for (let axis = own.length - 1; axis >= 0; axis -= 1) {
    if (own[axis] !== 1) strides[rank - own.length + axis] = stride;
    stride *= own[axis]!;
  }
  return strides;
}

/** Runs `run` with `values` in memory. */
export function withAxes(values: readonly number[] | null, run: (axes: Tensor | null) => void): void {
  if (values === null) {
    run(null);
    return;
  }
  const axes = empty([values.length], "int32");
  axes.view().set(values);
  run(axes);
  axes.dispose();
}
