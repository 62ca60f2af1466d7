import { type Args, roundingOf } from "./rounding.ts";

/** `(1 − s) · w[label] · (lse − logit[label]) + s / cols · Σ w[c] · (lse − logit[c])`, with class weights `w` and smoothing `s`. */
export function crossEntropyForward(args: Args["crossEntropyForward"]): void {
  const { logits, labels, classWeights, losses, lse, rows, cols, ignoreIndex, smoothing } = args;
  const round = roundingOf(losses);
  const weightOf = (c: number) => (classWeights ? classWeights[c]! : 1);
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    let max = -Infinity;
    for (let c = 0; c < cols; c++) max = Math.max(max, logits[start + c]!);
    let sum = 0;
    for (let c = 0; c < cols; c++) sum = round(sum + round(Math.exp(logits[start + c]! - max)));
    lse[row] = max + round(Math.log(sum));

    const label = labels[row]!;
    if (label === ignoreIndex) {
      losses[row] = 0;
      continue;
    }
    let loss = (1 - smoothing) * weightOf(label) * round(lse[row]! - logits[start + label]!);
    if (smoothing > 0) {
      let spread = 0;
      for (let c = 0; c < cols; c++) spread = round(spread + round(weightOf(c) * round(lse[row]! - logits[start + c]!)));
      loss += (smoothing / cols) * spread;
    }
    losses[row] = loss;
  }
}

export function crossEntropyBackward(args: Args["crossEntropyBackward"]): void {
  const { logits, labels, classWeights, lse, dLosses, dLogits, rows, cols, ignoreIndex, smoothing } = args;
  const round = roundingOf(dLogits);
  const weightOf = (c: number) => (classWeights ? classWeights[c]! : 1);
  let weightSum = 0;
  for (let c = 0; c < cols; c++) weightSum = round(weightSum + weightOf(c));
  for (let row = 0; row < rows; row++) {
    const start = row * cols;
    const label = labels[row]!;
    for (let c = 0; c < cols; c++) {
      if (label === ignoreIndex) {
        dLogits[start + c] = 0;
        continue;
      }
      const probability = round(Math.exp(logits[start + c]! - lse[row]!));
      const hard = (1 - smoothing) * weightOf(label) * (probability - (c === label ? 1 : 0));
      const smooth = (smoothing / cols) * (probability * weightSum - weightOf(c));
      dLogits[start + c] = dLosses[row]! * (hard + smooth);
    }
  }
}
