import { type Args, roundingOf } from "./rounding.ts";

export function descend(args: Args["descend"]): void {
  const { param, grad, m, v, peak, n, sign, l2, keepM, gainM, fromM, fromGrad, keepV, gainV, rate, decay, signed } = args;
  const round = roundingOf(param);
  for (let i = 0; i < n; i++) {
    const g = round(sign * grad[i]! + l2 * param[i]!);
    let move = round(fromGrad * g + (m ? fromM * m[i]! : 0));
    if (m) m[i] = keepM * m[i]! + gainM * g;
    if (v) v[i] = keepV * v[i]! + gainV * g * g;
    if (peak) peak[i] = Math.max(peak[i]!, v![i]!);
    if (v) move /= spread(args, i) + args.eps;
    param[i] = round(param[i]! - (decay * param[i]! + rate * (signed ? Math.sign(move) : move)));
  }
}

/** What a move is divided by, before `eps`. */
function spread({ m, v, peak, center, scaleV }: Args["descend"], i: number): number {
  if (peak) return Math.sqrt(scaleV * peak[i]!);
  const mean = m ? m[i]! : 0;
  return Math.sqrt(scaleV * Math.max(0, v![i]! - center * mean * mean));
}
