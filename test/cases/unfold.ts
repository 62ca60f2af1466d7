import { normal } from "./fills.ts";
import { gradientOrZero } from "./tolerances.ts";
import type { Case, KernelCases, Numbers } from "./types.ts";

interface Axis {
  len: number;
  kernel: number;
  stride?: number;
  padding?: number;
  dilation?: number;
  out?: number;
}

/** Sizes of a plane and its windows; the output as long as they fit, unless it is given. */
function windows(planes: number, rows: Axis, columns: Axis): Numbers<"unfoldForward"> {
  const [y, x] = [rows, columns].map(({ len, kernel, stride = 1, padding = 0, dilation = 1, out }) => ({
    ...{ len, kernel, stride, padding, dilation },
    out: out ?? Math.floor((len + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1,
  })) as [Required<Axis>, Required<Axis>];
  return {
    ...{ planes, height: y.len, width: x.len, kernelHeight: y.kernel, kernelWidth: x.kernel },
    ...{ outHeight: y.out, outWidth: x.out, strideY: y.stride, strideX: x.stride },
    ...{ paddingY: y.padding, paddingX: x.padding, dilationY: y.dilation, dilationX: x.dilation },
  };
}

const line: Axis = { len: 1, kernel: 1 };

const shapes: readonly (Pick<Case<"unfoldForward">, "why" | "spreads"> & { dims: Numbers<"unfoldForward"> })[] = [
  { why: "no planes", dims: windows(0, line, { len: 7, kernel: 3 }) },
  { why: "one number", dims: windows(1, line, line) },
  { why: "a sequence", dims: windows(3, line, { len: 11, kernel: 3 }) },
  { why: "a sequence, strided and padded", dims: windows(3, line, { len: 13, kernel: 3, stride: 2, padding: 1 }) },
  { why: "patches side by side", dims: windows(2, { len: 6, kernel: 3, stride: 3 }, { len: 10, kernel: 5, stride: 5 }) },
  { why: "strides that leave a rest", dims: windows(2, { len: 8, kernel: 3, stride: 3 }, { len: 9, kernel: 2, stride: 4 }) },
  { why: "dilated", dims: windows(2, { len: 9, kernel: 3, dilation: 2 }, { len: 11, kernel: 2, dilation: 3, padding: 2 }) },
  {
    why: "a kernel larger than the plane",
    dims: windows(2, { len: 2, kernel: 5, padding: 2 }, { len: 3, kernel: 3, padding: 1 }),
  },
  {
    why: "a kernel element wholly in the padding",
    dims: windows(1, line, { len: 2, kernel: 3, stride: 2, padding: 4, dilation: 3 }),
  },
  { why: "more padding behind than before", dims: windows(2, line, { len: 7, kernel: 4, padding: 1, out: 7 }) },
  { why: "nothing but padding", dims: windows(2, { len: 0, kernel: 1, padding: 1 }, { len: 3, kernel: 1 }) },
  ...[4, 5, 16, 17, 67].map((len) => ({
    why: `around the lanes: ${len}`,
    dims: windows(2, { len: 3, kernel: 2 }, { len, kernel: 3, padding: 1 }),
  })),
  {
    why: "several tasks",
    dims: windows(61, { len: 19, kernel: 3, stride: 2, padding: 1 }, { len: 67, kernel: 5, padding: 2 }),
    spreads: true,
  },
];

export const unfoldForward: KernelCases<"unfoldForward"> = {
  fill: { x: normal() },
  tolerance: { out: "exact" },
  cases: shapes,
};

export const unfoldBackward: KernelCases<"unfoldBackward"> = {
  fill: { dOut: normal() },
  tolerance: { dX: gradientOrZero },
  cases: shapes,
};
