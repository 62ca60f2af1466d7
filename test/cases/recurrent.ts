import { reference } from "../../ts/reference/index.ts";
import { normal } from "./fills.ts";
import { cancelling, gradient } from "./tolerances.ts";
import type { Bound, Case, Fill, KernelCases, OptionalName } from "./types.ts";

interface Layer {
  why: string;
  cell: number;
  hidden: number;
  lengths: readonly number[];
  reverse?: boolean;
  /** Without `bias`, `h0`, `c0`, and going back without `dHn`, `dCn`. */
  bare?: true;
  spreads?: true;
}

const [TANH, RELU, LSTM, GRU] = [0, 1, 2, 3];
const gatesOf = [1, 1, 4, 3];
const names = ["tanh", "ReLU", "LSTM", "GRU"];
const every = [TANH, RELU, LSTM, GRU];

const repeat = (times: number, ...lengths: number[]): number[] => Array.from({ length: times }, () => lengths).flat();

const layers: readonly Layer[] = [
  ...every.flatMap((cell) => {
    const name = names[cell]!;
    return [
      { why: `${name}: one of everything`, cell, hidden: 1, lengths: [1] },
      { why: `${name}: no items`, cell, hidden: 3, lengths: [] },
      { why: `${name}: no steps: the states as they were`, cell, hidden: 3, lengths: [0, 0] },
      { why: `${name}: no steps and no states: 0`, cell, hidden: 5, lengths: [0, 0], bare: true } as const,
      { why: `${name}: a row too few to pack`, cell, hidden: 6, lengths: [3, 4] },
      { why: `${name}: just enough rows to pack`, cell, hidden: 6, lengths: [3, 5] },
      { why: `${name}: all options left out`, cell, hidden: 7, lengths: [4, 2, 5], bare: true } as const,
      { why: `${name}: lengths, 0 and 1 among them`, cell, hidden: 5, lengths: [2, 0, 7, 1, 3] },
      { why: `${name}: in reverse`, cell, hidden: 5, lengths: [2, 0, 7, 1, 3], reverse: true },
      ...[2, 3, 4, 8, 9].map((hidden) => ({ why: `${name}: around the lanes: ${hidden}`, cell, hidden, lengths: [5, 3, 4] })),
      ...[15, 17, 33].map((hidden) => ({ why: `${name}: around the panels: ${hidden}`, cell, hidden, lengths: [3, 2, 3, 3] })),
      // 4 items a task up to 16 items, then a quarter of them, then 16.
      ...[5, 16, 19, 67].map((batch) => ({
        why: `${name}: around the tasks: ${batch} items`,
        ...{ cell, hidden: 3, lengths: Array.from({ length: batch }, (_, item) => (item * 3) % 5) },
      })),
      {
        why: `${name}: several tasks`,
        ...({ cell, hidden: 67, lengths: repeat(7, 5, 9, 0, 11, 1), reverse: cell === GRU, spreads: true } as const),
      },
    ];
  }),
  { why: "more steps of a sum than a block: 259 wide", cell: TANH, hidden: 259, lengths: [3, 3, 2] },
  { why: "more gates than a block: 4 · 67 terms going back", cell: LSTM, hidden: 67, lengths: [2, 3, 2, 4] },
  { why: "long: errors must not grow", cell: LSTM, hidden: 6, lengths: [97, 61] },
  { why: "long: errors must not grow, GRU", cell: GRU, hidden: 6, lengths: [61, 97] },
];

const dimsOf = ({ cell, hidden, lengths, reverse = false }: Omit<Layer, "why">) => ({
  ...{ cell, hidden, reverse, numGates: gatesOf[cell]! },
  ...{ batch: lengths.length, rows: lengths.reduce((sum, length) => sum + length, 0) },
});

/** Of the size trained weights have: the states then stay about as large as they are, step after step. */
const weights: Fill = ({ rng, dims }) => rng.normal() / Math.sqrt(3 * dims.hidden!);

/** The rows shared out among the items: all have the same number, but for the last ones. */
const evenly: Fill = ({ index, dims }) => {
  const each = Math.ceil(dims.rows! / dims.batch!);
  return Math.max(0, Math.min(each, dims.rows! - index * each));
};
const lengthsOf =
  (lengths: readonly number[]): Fill =>
  ({ index }) =>
    lengths[index]!;

const fill = { gates: normal(), weight: weights, bias: normal(0.3), h0: normal(0.7), c0: normal(), lengths: evenly };

const states: Bound = {
  factor: 2,
  absolute: 1e-6,
  relative: 4e-7,
  source: "tanh and σ within 3.4e-7, a few of each step added up",
};

export const recurrentForward: KernelCases<"recurrentForward"> = {
  fill,
  tolerance: { gates: states, out: states, cells: states, hn: states, cn: states },
  cases: layers.map((layer): Case<"recurrentForward"> => {
    const saved: OptionalName<"recurrentForward">[] = layer.cell === LSTM ? ["cells", "cn"] : layer.cell === GRU ? ["cells"] : [];
    const states: OptionalName<"recurrentForward">[] = layer.cell === LSTM ? ["bias", "h0", "c0"] : ["bias", "h0"];
    return {
      ...{ why: layer.why, dims: dimsOf(layer), fill: { lengths: lengthsOf(layer.lengths) } },
      given: layer.bare ? [] : [...saved, ...states],
      ...(layer.spreads && { spreads: true }),
    };
  }),
};

export const recurrentBackward: KernelCases<"recurrentBackward"> = {
  fill: { ...fill, out: normal(), cells: normal(), dOut: normal(), dHn: normal(), dCn: normal() },
  derive: (args) => {
    const { batch, rows, hidden, cells, ...rest } = args;
    const hn = new Float64Array(batch * hidden);
    const unsaved = cells ?? new Float64Array(rows * hidden);
    reference.recurrentForward({ ...rest, batch, rows, hidden, hn, cells: unsaved });
  },
  tolerance: {
    dGates: cancelling,
    dProducts: cancelling,
    before: { factor: 0, relative: 6e-8, source: "a copy: half a unit of the last place of what was rounded to float32" },
    dH0: gradient,
    dC0: gradient,
  },
  cases: [
    {
      ...{ why: "LSTM: the last states alone are used", dims: dimsOf({ cell: LSTM, hidden: 6, lengths: [4, 0, 3, 2] }) },
      ...{ fill: { lengths: lengthsOf([4, 0, 3, 2]) }, given: ["cells", "dHn", "dCn", "dH0", "dC0", "before"] },
    },
    ...layers.map((layer): Case<"recurrentBackward"> => {
      const saved: OptionalName<"recurrentBackward">[] = layer.cell === LSTM || layer.cell === GRU ? ["cells", "dOut"] : ["dOut"];
      const states: OptionalName<"recurrentBackward">[] = ["h0", "dHn", "dH0", "before"];
      if (layer.cell === LSTM) states.push("c0", "dCn", "dC0");
      if (layer.cell === GRU) states.push("dProducts");
      return {
        ...{ why: layer.why, dims: dimsOf(layer), fill: { lengths: lengthsOf(layer.lengths) } },
        given: layer.bare ? saved : [...saved, ...states],
        ...(layer.spreads && { spreads: true }),
      };
    }),
  ],
};
