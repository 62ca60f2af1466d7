import { type Args, roundingOf } from "./rounding.ts";

export function rmsNormForward({ x, weight, out, rstd, rows, cols, eps }: Args["rmsNormForward"]): void {
  const round = roundingOf(out);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    let squares = 0;
    for (let c = 0; c < cols; c++) squares = round(squares + round(x[start + c]! ** 2));
    rstd[row] = 1 / Math.sqrt(squares / cols + eps);
    for (let c = 0; c < cols; c++) out[start + c] = round(x[start + c]! * rstd[row]!) * (weight ? weight[c]! : 1);
  }
}

export function rmsNormBackward({ dOut, x, weight, rstd, dX, dWeight, rows, cols }: Args["rmsNormBackward"]): void {
  const round = roundingOf(dX);
  dWeight?.fill(0);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    const normalised = (c: number) => round(x[start + c]! * rstd[row]!);
    const dNormalised = (c: number) => round(dOut[start + c]! * (weight ? weight[c]! : 1));
    let projection = 0;
    for (let c = 0; c < cols; c++) {
      projection = round(projection + round(dNormalised(c) * normalised(c)));
      if (dWeight) dWeight[c]! += round(dOut[start + c]! * normalised(c));
    }
    for (let c = 0; c < cols; c++) dX[start + c] = rstd[row]! * round(dNormalised(c) - normalised(c) * (projection / cols));
  }
}
