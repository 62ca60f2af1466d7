import type { EpochSummary, Progress } from "./callback.ts";

/** The numbers of a step under the names by which boards group them; what is not finite is left out. */
export function stepFigures({ batchLoss, lr, gradNorm, tokensPerSecond }: Progress): Record<string, number> {
  return finite({
    "train/loss": batchLoss,
    "train/lr": lr,
    "train/gradNorm": gradNorm,
    ...(tokensPerSecond > 0 && { "train/tokensPerSecond": tokensPerSecond }),
  });
}

/** The same of an epoch: `epoch/…` of the training, `valid/…` of the validation and its metrics. */
export function epochFigures({ loss, accuracy, seconds, valid }: EpochSummary): Record<string, number> {
  const validation = valid && { loss: valid.loss, accuracy: valid.accuracy, ...valid.metrics };
  return finite({
    "epoch/loss": loss,
    "epoch/accuracy": accuracy,
    "epoch/seconds": seconds,
    ...Object.fromEntries(Object.entries(validation ?? {}).map(([name, value]) => [`valid/${name}`, value])),
  });
}

const finite = (values: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
