import { backwardOf, forwardOf } from "./recurrentSteps.ts";
import { type Args, type Floats, roundingOf, temporary } from "./rounding.ts";

/** A row, and the row of the same item that came a step before; −1: none, it is the first. */
interface Place {
  item: number;
  row: number;
  before: number;
}

/** Every row, each after the one it starts from. */
function* places({ lengths, reverse, batch }: Pick<Args["recurrentForward"], "lengths" | "reverse" | "batch">): Generator<Place> {
  let start = 0;
  for (let item = 0; item < batch; item++) {
    const length = lengths[item]!;
    for (let step = 0; step < length; step++) {
      const row = start + (reverse ? length - 1 - step : step);
      yield { item, row, before: step === 0 ? -1 : row + (reverse ? 1 : -1) };
    }
    start += length;
  }
}

/** Element `j` of what a row starts from: of the row before, or of the item's first state, which is 0 if there is none. */
function startOf({ item, before }: Place, rows: Floats, first: Floats | null | undefined, hidden: number, j: number): number {
  return before < 0 ? (first?.[item * hidden + j] ?? 0) : rows[before * hidden + j]!;
}

export function recurrentForward(args: Args["recurrentForward"]): void {
  const { gates, weight, bias, h0, c0, out, hn, cn, cell, batch, rows, hidden, numGates } = args;
  const round = roundingOf(out);
  const width = numGates * hidden;
  const cells = args.cells ?? temporary(out, rows * hidden);
  const products = temporary(out, width);
  hn.set(h0 ?? temporary(out, batch * hidden));
  cn?.set(c0 ?? temporary(out, batch * hidden));
  for (const place of places(args)) {
    const { item, row } = place;
    for (let g = 0; g < width; g++) {
      let sum = bias ? bias[g]! : 0;
      for (let j = 0; j < hidden; j++) sum = round(sum + round(startOf(place, out, h0, hidden, j) * weight[g * hidden + j]!));
      products[g] = sum;
    }
    for (let j = 0; j < hidden; j++) {
      const start = { h: startOf(place, out, h0, hidden, j), c: startOf(place, cells, c0, hidden, j) };
      const a = Array.from({ length: numGates }, (_, g) => gates[row * width + g * hidden + j]!);
      const u = Array.from({ length: numGates }, (_, g) => products[g * hidden + j]!);
      const step = forwardOf[cell]!(a, u, start, round);
      for (const [g, gate] of step.gates.entries()) gates[row * width + g * hidden + j] = gate;
      out[row * hidden + j] = step.h;
      cells[row * hidden + j] = step.c;
      hn[item * hidden + j] = step.h;
      if (cn) cn[item * hidden + j] = step.c;
    }
  }
}

export function recurrentBackward(args: Args["recurrentBackward"]): void {
  const { gates, weight, h0, c0, out, cells, dOut, dHn, dCn, dGates, dProducts, dH0, dC0, cell, batch, hidden, numGates } = args;
  const round = roundingOf(dGates);
  const width = numGates * hidden;
  // Carried from step to step: the gradients of each item's state and cell.
  const [dH, dC] = [temporary(dGates, batch * hidden), temporary(dGates, batch * hidden)];
  if (dHn) dH.set(dHn);
  if (dCn) dC.set(dCn);
  const dU = temporary(dGates, width);
  const stored = cells ?? temporary(dGates, out.length);
  for (const place of [...places(args)].reverse()) {
    const { item, row } = place;
    for (let j = 0; j < hidden; j++) {
      const at = item * hidden + j;
      const saved = {
        gates: Array.from({ length: numGates }, (_, g) => gates[row * width + g * hidden + j]!),
        ...{ h: startOf(place, out, h0, hidden, j), c: startOf(place, stored, c0, hidden, j), stored: stored[row * hidden + j]! },
      };
      const step = backwardOf[cell]!(saved, round(dH[at]! + (dOut ? dOut[row * hidden + j]! : 0)), dC[at]!, round);
      for (let g = 0; g < numGates; g++) {
        dU[g * hidden + j] = step.dU[g]!;
        dGates[row * width + g * hidden + j] = step.dA[g]!;
        if (dProducts) dProducts[row * width + g * hidden + j] = step.dU[g]!;
      }
      if (args.before) args.before[row * hidden + j] = saved.h;
      [dH[at], dC[at]] = [step.dH, step.dC];
    }
    for (let j = 0; j < hidden; j++) {
      let sum = 0;
      for (let g = 0; g < width; g++) sum = round(sum + round(dU[g]! * weight[g * hidden + j]!));
      dH[item * hidden + j]! += sum;
    }
  }
  dH0?.set(dH);
  dC0?.set(dC);
}
