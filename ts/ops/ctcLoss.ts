import { record } from "../autograd/tape.ts";
import { FoveaError } from "../runtime/errors.ts";
import * as kernels from "../runtime/kernels.gen.ts";
import { expectAxes, expectDType, formatShape } from "../tensor/shape.ts";
import { empty, expectAlive, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";
import { lengthsTensor } from "./lengths.ts";
import { expectReduction, type Reduction, reduced } from "./reduction.ts";

export interface CTCLossOptions {
  /** The class that stands for no label. */
  blank?: number;
  /** `"mean"` divides each loss by the length of its target first, then by the batch. */
  reduction?: Reduction;
  /** Makes the loss of a target that is too long for its frames 0 rather than ∞; its gradient is 0 either way. */
  zeroInfinity?: boolean;
}

export interface CTCLengths {
  /** How many frames of each item count; all, unless given. */
  inputLengths?: ArrayLike<number>;
  /** How many labels of each target count; all, unless given. */
  targetLengths?: ArrayLike<number>;
}

/**
 * Connectionist temporal classification (Graves et al. 2006): −ln of the probability of each target over all its alignments to the
 * frames, where a label may last and blanks may stand between. `logProbs [batch, frames, classes]` (of `logSoftmax`), `targets`
 * int32 `[batch, targetLen]`; a single number, or `[batch]` with `reduction: "none"`.
 *
 * Throws `RANGE` for lengths that are too long and for a label that is the blank or no class, `SHAPE`, `RANK`, `DTYPE`,
 * `DISPOSED`.
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  { blank = 0, reduction = "mean", zeroInfinity = false, ...lengths }: CTCLossOptions & CTCLengths = {},
): Tensor {
  const { batch, frames, classes, targetLen } = checkArguments(logProbs, targets, blank, reduction);
  const { inputLengths = Array(batch).fill(frames), targetLengths = Array(batch).fill(targetLen) } = lengths;
  expectLabels(targets, targetLengths, { batch, classes, targetLen, blank });
  expectCount("inputLengths", inputLengths, batch);
  const sizes = {
    inputLengths: lengthsTensor("ctcLoss", inputLengths, frames, "inputLengths"),
    targetLengths: lengthsTensor("ctcLoss", targetLengths, targetLen, "targetLengths"),
  };
  const items = { logProbs, targets, ...sizes, batch, frames, classes, targetLen, blank };
  const losses = empty([batch]);
  const alphas = empty([batch, frames, 2 * targetLen + 3]);
  if (batch > 0) kernels.ctcForward({ ...items, losses, alphas });
  const shares = Float32Array.from(targetLengths, (length) => (reduction === "mean" ? 1 / (batch * Math.max(length, 1)) : 1));
  const view = losses.view();
  view.forEach((loss, i) => {
    view[i] = zeroInfinity && loss === Number.POSITIVE_INFINITY ? 0 : loss * shares[i]!;
  });
  const out = reduced(losses, reduction, 1);

  record(out, [logProbs], [logProbs, targets, alphas, ...Object.values(sizes)], (dOut, grads) => {
    const dLosses = empty([batch]);
    const d = dOut.view();
    dLosses.view().set(shares.map((share, i) => share * d[reduction === "none" ? i : 0]!));
    const dLogProbs = grads.empty(0);
    if (dLogProbs.length > 0) kernels.ctcBackward({ ...items, alphas, dLosses, dLogProbs });
    return [dLogProbs];
  });
  for (const made of [alphas, ...Object.values(sizes)]) made.dispose(); // the tape has its own share
  return out;
}

function checkArguments(logProbs: Tensor, targets: Tensor, blank: number, reduction: string) {
  expectFloat("ctcLoss", { logProbs });
  expectAlive("ctcLoss", targets);
  expectDType("ctcLoss", { targets }, "int32");
  expectAxes("ctcLoss", { logProbs }, ["batch", "frames", "classes"]);
  expectAxes("ctcLoss", { targets }, ["batch", "targetLen"]);
  expectReduction("ctcLoss", reduction);
  const [batch, frames, classes] = logProbs.shape as [number, number, number];
  const [items, targetLen] = targets.shape as [number, number];
  if (items !== batch)
    throw new FoveaError("SHAPE", `ctcLoss: targets must be [${batch}, targetLen], got ${formatShape(targets.shape)}`);
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new FoveaError("RANGE", `ctcLoss: blank must be a class, from 0 to ${classes - 1}, got ${blank}`);
  return { batch, frames, classes, targetLen };
}

function expectCount(name: string, lengths: ArrayLike<number>, batch: number): void {
  if (lengths.length !== batch)
    throw new FoveaError("SHAPE", `ctcLoss: ${name} must have batch = ${batch} entries, got ${lengths.length}`);
}

/** Throws `RANGE` unless each label that counts is a class and not the blank. */
function expectLabels(
  targets: Tensor,
  targetLengths: ArrayLike<number>,
  { batch, classes, targetLen, blank }: { batch: number; classes: number; targetLen: number; blank: number },
): void {
  expectCount("targetLengths", targetLengths, batch);
  const labels = targets.view();
  for (let item = 0; item < batch; item += 1) {
    for (let i = 0; i < Math.min(targetLen, targetLengths[item]!); i += 1) {
      const label = labels[item * targetLen + i]!;
      if (label >= 0 && label < classes && label !== blank) continue;
      throw new FoveaError(
        "RANGE",
        `ctcLoss: targets must be from 0 to ${classes - 1} and not blank = ${blank}, got ${label} at [${item}, ${i}]`,
      );
    }
  }
}
