import type { Tensor } from "../../ts/tensor/tensor.ts";
import type { Goldens } from "./goldens.ts";

type Matrix = number[][];

/** `Linear, tanh, Linear`, mean squared error: the loss and its gradients in float64, at the parameters' present values. */
export function problemGradients(
  goldens: Goldens,
  parameters: ReadonlyMap<string, Tensor>,
): { loss: number; gradients: Map<string, Float32Array> } {
  const at = (name: string) => parameters.get(name)!;
  const [weight1, weight2] = [at("0.weight"), at("2.weight")].map((weight) => rowsOf(weight.view(), weight.shape[1]!)) as [
    Matrix,
    Matrix,
  ];
  const [bias1, bias2] = [at("0.bias").view(), at("2.bias").view()];
  const x = rowsOf(goldens.golden("input.x").values, goldens.golden("input.x").shape[1]!);
  const y = rowsOf(goldens.golden("input.y").values, goldens.golden("input.y").shape[1]!);

  const hidden = x.map((row) => weight1.map((w, j) => Math.tanh(dot(w, row) + bias1[j]!)));
  const errors = hidden.map((row, i) => weight2.map((w, k) => dot(w, row) + bias2[k]! - y[i]![k]!));
  const count = y.length * y[0]!.length;
  const dOut = errors.map((row) => row.map((error) => (2 * error) / count));
  const dHidden = dOut.map((row, i) =>
    hidden[i]!.map((h, j) => (1 - h * h) * row.reduce((sum, d, k) => sum + d * weight2[k]![j]!, 0)),
  );
  const gradients = new Map([
    ["0.weight", outer(dHidden, x)],
    ["0.bias", columnSums(dHidden)],
    ["2.weight", outer(dOut, hidden)],
    ["2.bias", columnSums(dOut)],
  ]);
  return { loss: errors.flat().reduce((sum, error) => sum + error * error, 0) / count, gradients };
}

const rowsOf = (values: ArrayLike<number>, cols: number): Matrix =>
  Array.from({ length: values.length / cols }, (_, r) => Array.from({ length: cols }, (_, c) => values[r * cols + c]!));

const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** `Σ aᵢ ⊗ bᵢ` over the examples. */
const outer = (a: Matrix, b: Matrix): Float32Array =>
  Float32Array.from(a[0]!.flatMap((_, j) => b[0]!.map((_, k) => a.reduce((sum, row, i) => sum + row[j]! * b[i]![k]!, 0))));

const columnSums = (rows: Matrix): Float32Array =>
  Float32Array.from(rows[0]!, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0));
