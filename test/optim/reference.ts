/** AdamW in float64, as PyTorch's documentation writes it. */
export function adamW(
  start: readonly number[],
  {
    lr,
    betas: [beta1, beta2],
    eps,
    weightDecay,
  }: { lr: number; betas: readonly [number, number]; eps: number; weightDecay: number },
): { values: number[]; step(gradient: readonly number[]): void } {
  const values = [...start];
  const m = start.map(() => 0);
  const v = start.map(() => 0);
  let t = 0;
  return {
    values,
    step(gradient) {
      t += 1;
      gradient.forEach((g, i) => {
        m[i] = beta1 * m[i]! + (1 - beta1) * g;
        v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
        const [mHat, vHat] = [m[i]! / (1 - beta1 ** t), v[i]! / (1 - beta2 ** t)];
        values[i]! -= lr * weightDecay * values[i]! + (lr * mHat) / (Math.sqrt(vHat) + eps);
      });
    },
  };
}
