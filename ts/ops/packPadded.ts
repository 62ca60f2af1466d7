import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, formatShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/**
 * The steps that count, item after item and without the padding between them: `x [batch, seqLen, width]`, out `[rows, width]`,
 * the first `lengths[0]` steps of item 0, then those of item 1, … What padding holds is never read, and its gradient is 0. With
 * no padding nothing is copied. Throws `SHAPE`, `RANK`, `RANGE`, `MASK`, `DTYPE`, `DISPOSED`.
 */
export function packPadded(x: Tensor, lengths: ArrayLike<number>): Tensor {
  expectFloat("packPadded", { x });
  expectAxes("packPadded", { x }, ["batch", "seqLen", "width"]);
  const [batch, seqLen, width] = x.shape as [number, number, number];
  expectLengths("packPadded", lengths, batch, seqLen);
  const rows = rowsOf(lengths);
  if (rows === batch * seqLen) return x.reshape([rows, width]);
  const places = placesOf(lengths, rows, seqLen);
  const out = empty([rows, width]);
  gather(places, x, out);
  record(out, [x], [places], (dOut, grads) => {
    const dX = grads.empty(0);
    scatter(places, dOut, dX);
    return [dX];
  });
  places.dispose(); // the tape has its own share
  return out;
}

/**
 * `packPadded` undone: `rows [rows, width]`, out `[batch, seqLen, width]` with zeros for padding. Throws `SHAPE`, `RANK`, `RANGE`,
 * `DTYPE`, `DISPOSED`.
 */
export function padPacked(rows: Tensor, lengths: ArrayLike<number>, seqLen: number): Tensor {
  expectFloat("padPacked", { rows });
  expectAxes("padPacked", { rows }, ["rows", "width"]);
  expectLengths("padPacked", lengths, lengths.length, seqLen);
  const [count, width] = rows.shape as [number, number];
  const total = rowsOf(lengths);
  if (count !== total)
    throw new FoveaError(
      "SHAPE",
      `padPacked: rows must have as many as the lengths add up to, ${total}, got ${formatShape(rows.shape)}`,
    );
  const batch = lengths.length;
  if (count === batch * seqLen) return rows.reshape([batch, seqLen, width]);
  const places = placesOf(lengths, count, seqLen);
  const out = empty([batch, seqLen, width]);
  scatter(places, rows, out);
  record(out, [rows], [places], (dOut, grads) => {
    const dRows = grads.empty(0);
    gather(places, dOut, dRows);
    return [dRows];
  });
  places.dispose();
  return out;
}

/** Throws `MASK` unless there is a length for each item, `RANGE` unless each is from 0 to `seqLen`. */
export function expectLengths(op: string, lengths: ArrayLike<number>, batch: number, seqLen: number): void {
  if (lengths.length !== batch)
    throw new FoveaError("MASK", `${op}: lengths must have batch = ${batch} entries, got ${lengths.length}`);
  for (let i = 0; i < batch; i += 1) {
    const length = lengths[i]!;
    if (Number.isInteger(length) && length >= 0 && length <= seqLen) continue;
    throw new FoveaError("RANGE", `${op}: lengths must be whole numbers from 0 to ${seqLen}, got ${length} for item ${i}`);
  }
}

/** What the lengths add up to. */
export function rowsOf(lengths: ArrayLike<number>): number {
  let rows = 0;
  for (let i = 0; i < lengths.length; i += 1) rows += lengths[i]!;
  return rows;
}

/** int32 `[rows]`: where each row is among the `batch · seqLen` of the padded form. */
function placesOf(lengths: ArrayLike<number>, rows: number, seqLen: number): Tensor {
  const places = empty([rows], "int32");
  const to = places.view();
  let row = 0;
  for (let item = 0; item < lengths.length; item += 1)
    for (let step = 0; step < lengths[item]!; step += 1, row += 1) to[row] = item * seqLen + step;
  return places;
}

/** Rows by place: what an embedding does. */
function gather(places: Tensor, padded: Tensor, rows: Tensor): void {
  if (rows.length === 0) return;
  const cols = rows.shape[1]!;
  kernels.embeddingForward({
    ...{ ids: places, weight: padded, out: rows },
    ...{ count: places.length, vocab: padded.length / cols, cols },
  });
}

/** Rows to their places, zeros everywhere else: what an embedding's gradient does. */
function scatter(places: Tensor, rows: Tensor, padded: Tensor): void {
  if (padded.length === 0) return;
  const cols = padded.shape[2]!;
  kernels.embeddingBackward({
    ...{ ids: places, dOut: rows, dWeight: padded },
    ...{ count: places.length, vocab: padded.length / cols, cols, paddingIdx: -1 },
  });
}
