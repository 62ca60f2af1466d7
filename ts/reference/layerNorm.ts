import { type Args, roundingOf } from "./rounding.ts";

export function layerNormForward({ x, weight, bias, out, mean, rstd, rows, cols, eps }: Args["layerNormForward"]): void {
  const round = roundingOf(out);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    let sum = 0;
    for (let c = 0; c < cols; c++) sum = round(sum + x[start + c]!);
    mean[row] = sum / cols;
    let squares = 0;
    for (let c = 0; c < cols; c++) squares = round(squares + round(x[start + c]! - mean[row]!) ** 2);
    rstd[row] = 1 / Math.sqrt(squares / cols + eps);
    for (let c = 0; c < cols; c++) {
      const normalised = round(round(x[start + c]! - mean[row]!) * rstd[row]!);
      out[start + c] = round(normalised * (weight ? weight[c]! : 1)) + (bias ? bias[c]! : 0);
    }
  }
}

export function layerNormBackward(args: Args["layerNormBackward"]): void {
  const { dOut, x, weight, mean, rstd, dX, dWeight, dBias, rows, cols } = args;
  const round = roundingOf(dX);
  dWeight?.fill(0);
  dBias?.fill(0);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    const normalised = (c: number) => round(round(x[start + c]! - mean[row]!) * rstd[row]!);
    const dNormalised = (c: number) => round(dOut[start + c]! * (weight ? weight[c]! : 1));
    let sum = 0;
    let projection = 0;
    for (let c = 0; c < cols; c++) {
      sum = round(sum + dNormalised(c));
      projection = round(projection + round(dNormalised(c) * normalised(c)));
      if (dWeight) dWeight[c]! += round(dOut[start + c]! * normalised(c));
      if (dBias) dBias[c]! += dOut[start + c]!;
    }
    for (let c = 0; c < cols; c++) {
      dX[start + c] = rstd[row]! * round(dNormalised(c) - sum / cols - normalised(c) * (projection / cols));
    }
  }
}
