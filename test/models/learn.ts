import { AdamW, clipGradNorm, type Module, noGrad, scope, type Tensor, tensor } from "../../ts/index.ts";

/** Of models that learn a small language in a second or two. */
export const sizes = { dModel: 24, numHeads: 2, numLayers: 1, dropout: 0 };
export const batch = 16;

/** Trains for so many steps, each on a loss made anew, and gives the losses: the model is in `eval` mode then. */
export function learn(
  model: Module,
  { steps, lr = 3e-3 }: { steps: number; lr?: number },
  lossOf: (step: number) => Tensor,
): number[] {
  const optimizer = new AdamW(model.parameters(), { lr, weightDecay: 0 });
  model.train();
  const losses = Array.from({ length: steps }, (_, step) =>
    scope(() => {
      const loss = lossOf(step);
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    }),
  );
  optimizer.dispose();
  model.eval();
  return losses;
}

/** int32 `[rows, length]`. */
export const int32 = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(Int32Array.from(rows.flat()), [rows.length, rows[0]!.length]);

/** Share of rows whose largest logit is that of the label. */
export function accuracy(logits: () => Tensor, labels: readonly number[]): number {
  return scope(() =>
    noGrad(() => {
      const rows = logits().toNested() as number[][];
      return rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length / labels.length;
    }),
  );
}
