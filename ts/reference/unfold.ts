import type { Args } from "./rounding.ts";

type Windows = Omit<Args["unfoldForward"], "x" | "out">;

/** Calls `each` with every element of the columns that is read inside of a plane: its index there, and its place in `x`. */
function eachInside(windows: Windows, each: (column: number, place: number) => void): void {
  const { planes, height, width, kernelHeight, kernelWidth, outHeight, outWidth } = windows;
  const { strideY, strideX, paddingY, paddingX, dilationY, dilationX } = windows;
  let column = 0;
  for (let plane = 0; plane < planes; plane++)
    for (let i = 0; i < kernelHeight; i++)
      for (let j = 0; j < kernelWidth; j++)
        for (let y = 0; y < outHeight; y++)
          for (let x = 0; x < outWidth; x++, column++) {
            const row = y * strideY + i * dilationY - paddingY;
            const at = x * strideX + j * dilationX - paddingX;
            if (row < 0 || row >= height || at < 0 || at >= width) continue;
            each(column, (plane * height + row) * width + at);
          }
}

export function unfoldForward({ x, out, ...windows }: Args["unfoldForward"]): void {
  out.fill(0);
  eachInside(windows, (column, place) => {
    out[column] = x[place]!;
  });
}

export function unfoldBackward({ dOut, dX, ...windows }: Args["unfoldBackward"]): void {
  dX.fill(0);
  eachInside(windows, (column, place) => {
    dX[place]! += dOut[column]!;
  });
}
