import { all, bias, causal, drop, keep, lengths, type Mask, prefix, sinks, slopes, window } from "../../ts/ops/mask.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { random } from "../harness/random.ts";

/** More than one tile of keys, an odd number of everything, heads in groups. */
export const dims = { batch: 3, queryLen: 37, keyLen: 71, numHeads: 4, numKvHeads: 2, headDim: 5, valueHeadDim: 6 };
const { batch, queryLen, keyLen, numHeads } = dims;

/** Whether query i of head h of item b sees key j, written out anew for each mask. */
type Sees = (b: number, h: number, i: number, j: number) => boolean;

export interface MaskCase {
  name: string;
  /** Made inside a scope: some hold tensors. */
  mask(): Mask | null;
  sees: Sees;
  /** −∞ in a bias takes a key out of the softmax, but what is in it is read. */
  readsMasked?: true;
}

const some = random(17);
const pattern = Uint8Array.from({ length: batch * numHeads * queryLen * keyLen }, () => (some.next() < 0.6 ? 1 : 0));
const headBias = Float32Array.from({ length: numHeads * keyLen }, () => some.normal());
/** Query 5 and query 20 of every item see nothing; nobody sees key 3 or key 70. */
const rowsOut = (i: number, j: number): boolean => i === 5 || i === 20 || j === 3 || j === 70;
const flagsOf = (shape: readonly number[], value: (index: number[]) => boolean) => {
  const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, flat) =>
    value(unravel(flat, shape)) ? 1 : 0,
  );
  return tensor(values, shape, { dtype: "bool" });
};
const patternAt = (b: number, h: number, i: number, j: number): boolean =>
  pattern[((b * numHeads + h) * queryLen + i) * keyLen + j] === 1;
const infinities = (): Mask => {
  const values = Float32Array.from({ length: queryLen * keyLen }, (_, flat) => {
    const [i, j] = [Math.floor(flat / keyLen), flat % keyLen];
    return rowsOut(i, j) ? -Infinity : Math.fround((i - j) / 50);
  });
  return bias(tensor(values, [queryLen, keyLen]));
};

export const maskCases: readonly MaskCase[] = [
  { name: "none", mask: () => null, sees: () => true },
  { name: "causal", mask: () => causal(), sees: (_b, _h, i, j) => j <= i },
  { name: "causal, bottom right", mask: () => causal({ offset: 34 }), sees: (_b, _h, i, j) => j <= i + 34 },
  { name: "causal, three queries see nothing", mask: () => causal({ offset: -3 }), sees: (_b, _h, i, j) => j <= i - 3 },
  { name: "window", mask: () => window(4), sees: (_b, _h, i, j) => Math.abs(i - j) <= 4 },
  { name: "causal window", mask: () => all(causal(), window(4)), sees: (_b, _h, i, j) => j <= i && i - j <= 4 },
  {
    name: "causal window with an offset",
    mask: () => all(window(7), causal({ offset: 40 })),
    sees: (_b, _h, i, j) => j <= i + 40 && i + 40 - j <= 7,
  },
  {
    name: "causal window with sinks",
    mask: () => all(causal({ offset: 34 }), window(5), sinks(2)),
    sees: (_b, _h, i, j) => j <= i + 34 && (i + 34 - j <= 5 || j < 2),
  },
  { name: "sinks without a window", mask: () => all(causal(), sinks(3)), sees: (_b, _h, i, j) => j <= i },
  { name: "prefix of all items", mask: () => prefix(12), sees: (_b, _h, i, j) => j < 12 || j <= i },
  {
    name: "prefix of each item, bottom right, with lengths",
    mask: () => all(prefix([0, 71, 40], { offset: 34 }), lengths([71, 50, 71])),
    sees: (b, _h, i, j) => (j < [0, 71, 40][b]! || j <= i + 34) && j < [71, 50, 71][b]!,
  },
  { name: "slopes mask nothing", mask: () => slopes([0.5, 0.25, 0.125, 0]), sees: () => true },
  {
    name: "slopes, causal and drop",
    mask: () =>
      all(
        slopes([1, 0.5, 2, 4], { offset: 34 }),
        causal({ offset: 34 }),
        drop(flagsOf([queryLen, keyLen], ([i, j]) => rowsOut(i!, j!))),
      ),
    sees: (_b, _h, i, j) => j <= i + 34 && !rowsOut(i, j),
  },
  { name: "lengths: all, none, some", mask: () => lengths([71, 0, 33]), sees: (b, _h, _i, j) => j < [71, 0, 33][b]! },
  {
    name: "keep [queryLen, keyLen]",
    mask: () => keep(flagsOf([queryLen, keyLen], ([i, j]) => !rowsOut(i!, j!))),
    sees: (_b, _h, i, j) => !rowsOut(i, j),
  },
  {
    name: "drop [queryLen, keyLen]",
    mask: () => all(drop(flagsOf([queryLen, keyLen], ([i, j]) => rowsOut(i!, j!)))),
    sees: (_b, _h, i, j) => !rowsOut(i, j),
  },
  {
    name: "keep [batch, 1, 1, keyLen]",
    mask: () => keep(flagsOf([batch, 1, 1, keyLen], ([b, , , j]) => patternAt(b!, 0, 0, j!))),
    sees: (b, _h, _i, j) => patternAt(b, 0, 0, j),
  },
  {
    name: "drop [numHeads, 1, keyLen]",
    mask: () => drop(flagsOf([numHeads, 1, keyLen], ([h, , j]) => patternAt(0, h!, 0, j!))),
    sees: (_b, h, _i, j) => !patternAt(0, h, 0, j),
  },
  {
    name: "keep [batch, 1, queryLen, 1]: whole rows",
    mask: () => keep(flagsOf([batch, 1, queryLen, 1], ([b, , i]) => patternAt(b!, 0, i!, 0))),
    sees: (b, _h, i) => patternAt(b, 0, i, 0),
  },
  {
    name: "keep of every cell",
    mask: () =>
      keep(flagsOf([batch, numHeads, queryLen, keyLen], ([b, h, i, j]) => patternAt(b!, h!, i!, j!) && !rowsOut(i!, j!))),
    sees: (b, h, i, j) => patternAt(b, h, i, j) && !rowsOut(i, j),
  },
  { name: "nothing at all", mask: () => keep(flagsOf([1, 1], () => false)), sees: () => false },
  { name: "bias with −∞", mask: infinities, sees: (_b, _h, i, j) => !rowsOut(i, j), readsMasked: true },
  {
    name: "causal, lengths, keep and bias together",
    mask: () => {
      const flags = flagsOf([queryLen, keyLen], ([i, j]) => !rowsOut(i!, j!));
      return all(causal({ offset: 2 }), lengths([60, 71, 2]), keep(flags), bias(tensor(headBias, [numHeads, 1, keyLen])));
    },
    sees: (b, _h, i, j) => j <= i + 2 && j < [60, 71, 2][b]! && !rowsOut(i, j),
  },
];

function unravel(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
