import { type Args, roundingOf } from "./rounding.ts";

/** Losses whose sum is one partial. */
const PARTIAL = 4096;

interface Parameters {
  beta: number;
  scale: number;
  /** Of this element. */
  positive: number;
}

type PerPair = (x: number, target: number, parameters: Parameters) => number;

/** By the kernel's numbers: bent, absolute, KL, KL of a log target, binary cross-entropy of logits, of probabilities. */
const losses: readonly PerPair[] = [
  (x, t, { beta, scale }) => {
    const bent = Math.min(Math.abs(x - t), beta);
    return scale * bent * (Math.abs(x - t) - bent / 2);
  },
  (x, t) => Math.abs(x - t),
  (x, t) => (t === 0 ? 0 : t * (Math.log(t) - x)),
  (x, t) => (t === -Infinity ? 0 : Math.exp(t) * (t - x)),
  (x, t, { positive }) => positive * t * softplus(-x) + (1 - t) * softplus(x),
  (x, t) => -t * boundedLog(x) - (1 - t) * boundedLog(1 - x),
];

const slopes: readonly PerPair[] = [
  (x, t, { beta, scale }) => scale * Math.max(-beta, Math.min(x - t, beta)),
  (x, t) => Math.sign(x - t),
  (_, t) => -t,
  (_, t) => -Math.exp(t),
  (x, t, { positive }) => (1 - t) * sigmoid(x) - positive * t * sigmoid(-x),
  (x, t) => (x - t) / Math.max(x * (1 - x), 1e-12),
];

const slopesInTarget: readonly PerPair[] = [
  (x, t, parameters) => -slopes[0]!(x, t, parameters),
  (x, t, parameters) => -slopes[1]!(x, t, parameters),
  (x, t) => Math.log(t) - x + 1,
  (x, t) => (t === -Infinity ? 0 : Math.exp(t) * (t - x + 1)),
  (x, _, { positive }) => positive * softplus(-x) - softplus(x),
  (x) => boundedLog(1 - x) - boundedLog(x),
];

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const boundedLog = (x: number): number => Math.max(Math.log(x), -100);

export function elementwiseLossForward(args: Args["elementwiseLossForward"]): void {
  const { x, target, positive, weights, losses: out, partials, n, kind, beta, scale } = args;
  const round = roundingOf(x);
  partials?.fill(0);
  for (let i = 0; i < n; i++) {
    const loss = losses[kind]!(x[i]!, target[i]!, { beta, scale, positive: positive ? positive[i % positive.length]! : 1 });
    const weighted = round(round(loss) * (weights ? weights[i % weights.length]! : 1));
    if (out) out[i] = weighted;
    if (partials) partials[Math.floor(i / PARTIAL)]! += weighted;
  }
}

export function elementwiseLossBackward(args: Args["elementwiseLossBackward"]): void {
  const { x, target, positive, weights, dLosses, d, n, kind, beta, scale, dLoss, ofTarget } = args;
  const slope = (ofTarget ? slopesInTarget : slopes)[kind]!;
  for (let i = 0; i < n; i++) {
    const own = slope(x[i]!, target[i]!, { beta, scale, positive: positive ? positive[i % positive.length]! : 1 });
    d[i] = own * (weights ? weights[i % weights.length]! : 1) * (dLosses ? dLosses[i]! : dLoss);
  }
}
