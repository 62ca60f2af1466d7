import { type Args, roundingOf } from "./rounding.ts";

export function adamwStep(args: Args["adamwStep"]): void {
  const { param, grad, m, v, n, lr, beta1, beta2, eps, weightDecay, correction1, correction2 } = args;
  const round = roundingOf(param);
  for (let i = 0; i < n; i++) {
    const decayed = round(param[i]! * (1 - lr * weightDecay));
    m[i] = beta1 * m[i]! + (1 - beta1) * grad[i]!;
    v[i] = beta2 * v[i]! + (1 - beta2) * grad[i]! * grad[i]!;
    param[i] = decayed - (lr * (m[i]! / correction1)) / (Math.sqrt(v[i]! / correction2) + eps);
  }
}
