/** One unit of one step of a recurrent layer, forward and then backward, by the kernels' numbers for cells: tanh, ReLU, LSTM, GRU. */

type Round = (x: number) => number;

interface State {
  h: number;
  c: number;
}

/** From the gates' `a` and `u` and the state before: the activated gates, the state after, and in `c` what backward needs. */
type Forward = (a: number[], u: number[], before: State, round: Round) => State & { gates: number[] };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const forwardOf: readonly Forward[] = [
  ([a], [u]) => {
    const h = Math.tanh(a! + u!);
    return { gates: [h], h, c: 0 };
  },
  ([a], [u]) => {
    const h = Math.max(a! + u!, 0);
    return { gates: [h], h, c: 0 };
  },
  (a, u, before, round) => {
    const [i, f, o] = [0, 1, 3].map((gate) => round(sigmoid(a[gate]! + u[gate]!))) as [number, number, number];
    const g = round(Math.tanh(a[2]! + u[2]!));
    const c = round(round(f * before.c) + round(i * g));
    return { gates: [i, f, g, o], c, h: o * round(Math.tanh(c)) };
  },
  (a, u, before, round) => {
    const [r, z] = [0, 1].map((gate) => round(sigmoid(a[gate]! + u[gate]!))) as [number, number];
    const n = round(Math.tanh(a[2]! + round(r * u[2]!)));
    return { gates: [r, z, n], c: u[2]!, h: n + round(z * round(before.h - n)) };
  },
];

/** The activated gates, the state before, and what forward gave as `c`. */
interface Saved extends State {
  gates: number[];
  stored: number;
}

/** From the gradients of the state after: those of `u` and `a`, and of the state before but for what goes through `u`. */
type Backward = (saved: Saved, dH: number, dC: number, round: Round) => { dU: number[]; dA: number[]; dH: number; dC: number };

export const backwardOf: readonly Backward[] = [
  ({ gates: [h] }, dH) => same([dH * (1 - h! ** 2)]),
  ({ gates: [h] }, dH) => same([h! > 0 ? dH : 0]),
  ({ gates: [i, f, g, o], c, stored }, dH, dCAfter, round) => {
    const tanhC = round(Math.tanh(stored));
    const dC = round(dCAfter + round(dH * o!) * round(1 - tanhC ** 2));
    const dU = [dC * g! * i! * (1 - i!), dC * c * f! * (1 - f!), dC * i! * (1 - g! ** 2), dH * tanhC * o! * (1 - o!)];
    return { ...same(dU), dC: dC * f! };
  },
  ({ gates: [r, z, n], h, stored }, dH, _, round) => {
    const dN = round(round(dH - round(dH * z!)) * round(1 - n! ** 2));
    const [dR, dZ] = [dN * stored * r! * (1 - r!), dH * round(h - n!) * z! * (1 - z!)];
    return { dU: [dR, dZ, dN * r!], dA: [dR, dZ, dN], dH: dH * z!, dC: 0 };
  },
];

/** The gradients of `u` are those of `a`, and nothing else leads to the state before. */
const same = (dU: number[]) => ({ dU, dA: dU, dH: 0, dC: 0 });
