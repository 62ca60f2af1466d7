import { reference } from "../../../ts/reference/index.ts";
import { EPS, type RivalCase } from "../case.ts";
import { type Inputs, inputsOf, makeInputs } from "../inputs.ts";
import { expectedAttention } from "./attention.ts";
import { expectedModule } from "./module.ts";
import { spread } from "./spread.ts";
import { expectedLosses } from "./training.ts";

/** Of each result some elements, where they are and what they should be: by the float64 references. */
export type Expected = Readonly<Record<string, { picks: readonly number[]; values: Float64Array }>>;

export function expectedOf(each: RivalCase): Expected {
  const inputs = makeInputs(inputsOf(each));
  switch (each.op) {
    case "matmul":
      return { out: expectedProduct(each, inputs) };
    case "softmax":
    case "layerNorm":
      return { out: expectedRows(each, inputs) };
    case "attention":
      return expectedAttention(each, inputs);
    case "multiheadAttention":
    case "encoderLayer":
      return { out: expectedModule(each, inputs) };
    case "trainingStep":
      return { losses: { picks: [0, 1, 2], values: expectedLosses(each, inputs) } };
  }
}

const ELEMENTS = 4096;

/** Elements of every row and every column, each as a product of its own. */
function expectedProduct({ m, n, k, transposeA, transposeB }: RivalCase & { op: "matmul" }, { a, b }: Inputs): Expected[string] {
  const count = Math.min(ELEMENTS, m * n);
  // m · n divided by an odd number: rows are gone through in order, columns far from each other.
  const picks = Array.from({ length: count }, (_, i) =>
    count === m * n ? i : Math.floor((i * m) / count) * n + ((i * 1009) % n),
  );
  const rows = new Float64Array(count * k);
  const cols = new Float64Array(count * k);
  picks.forEach((at, i) => {
    const [row, col] = [Math.floor(at / n), at % n];
    for (let inner = 0; inner < k; inner++) {
      rows[i * k + inner] = a![transposeA ? inner * m + row : row * k + inner]!;
      cols[i * k + inner] = b![transposeB ? col * k + inner : inner * n + col]!;
    }
  });
  const values = new Float64Array(count);
  const one = { m: 1, n: 1, k, transposeA: false, transposeB: false, activation: 0 };
  reference.matmul({ a: rows, b: cols, out: values, batch: count, aBatch: count, bBatch: count, ...one });
  return { picks, values };
}

/** Whole rows from the first to the last. */
function expectedRows({ op, rows, cols }: RivalCase & { op: "softmax" | "layerNorm" }, inputs: Inputs): Expected[string] {
  const some = spread(rows, Math.ceil(16_384 / cols));
  const picks = some.flatMap((row) => Array.from({ length: cols }, (_, c) => row * cols + c));
  const x = Float64Array.from(picks, (at) => inputs.x![at]!);
  const out = new Float64Array(x.length);
  if (op === "softmax") reference.softmaxForward({ x, out, outer: some.length, len: cols, inner: 1 });
  else {
    const statistics = { mean: new Float64Array(some.length), rstd: new Float64Array(some.length) };
    const [weight, bias] = [Float64Array.from(inputs.weight!), Float64Array.from(inputs.bias!)];
    reference.layerNormForward({ x, weight, bias, out, ...statistics, rows: some.length, cols, eps: EPS });
  }
  return { picks, values: out };
}
