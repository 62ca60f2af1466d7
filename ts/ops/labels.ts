import { FoveaError } from "../runtime/errors.ts";
import { expectDType, expectShape } from "../tensor/shape.ts";
import { expectAlive, type Tensor } from "../tensor/tensor.ts";
import { expectFloat } from "./checks.ts";

/** Throws `DTYPE`, `SHAPE` or `DISPOSED` unless there is an int32 label for each row of `scores`, and a weight for each class. */
export function expectLabels(op: string, name: string, scores: Tensor, labels: Tensor, weight: Tensor | null): void {
  expectFloat(op, { [name]: scores, weight });
  expectAlive(op, labels);
  expectDType(op, { labels }, "int32");
  expectShape(op, { labels }, scores.shape.slice(0, -1));
  expectShape(op, { weight }, scores.shape.slice(-1));
}

/** How many labels count, each by its class's weight. Throws `RANGE` for a label that is no class and not ignored. */
export function countLabels(op: string, labels: Tensor, classes: number, ignoreIndex: number, weight: Tensor | null): number {
  const view = labels.view();
  const weights = weight?.view();
  let counted = 0;
  for (let i = 0; i < view.length; i += 1) {
    const label = view[i]!;
    if (label === ignoreIndex) continue;
    if (label < 0 || label >= classes)
      throw new FoveaError(
        "RANGE",
        `${op}: labels must be from 0 to ${classes - 1} or ignoreIndex = ${ignoreIndex}, got ${label} at element ${i}`,
      );
    counted += weights ? weights[label]! : 1;
  }
  return counted;
}
