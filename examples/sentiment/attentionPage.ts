import { type Chart, trainingHtml } from "fovea/explain";
import { attentionSamples } from "./attentionSamples.ts";
import type { Dataset } from "./dataset.ts";
import { percent } from "./report.ts";
import type { EpochMetrics, Training } from "./training.ts";

/** The page of a finished run: its curves, and what the words of some validation sentences attended to in its best epoch. */
export function attentionPage({ model, metrics, bestEpoch }: Training, dataset: Dataset, maxLen: number): string {
  const best = metrics.find(({ epoch }) => epoch === bestEpoch)!;
  return trainingHtml({
    title: "What the words attended to",
    facts: [`best after epoch ${bestEpoch} of ${metrics.length}: ${percent(best.validAccuracy)} of the validation right`],
    charts: [chart("loss", metrics, ["loss", "validLoss"]), chart("right, %", metrics, ["accuracy", "validAccuracy"], 100)],
    samples: attentionSamples(model, dataset, maxLen),
  });
}

function chart(
  title: string,
  metrics: readonly EpochMetrics[],
  [training, validation]: readonly [keyof EpochMetrics, keyof EpochMetrics],
  unit = 1,
): Chart {
  const curve = (name: string, of: keyof EpochMetrics) => ({ name, values: metrics.map((epoch) => unit * epoch[of]) });
  return { title, curves: [curve("training", training), curve("validation", validation)] };
}
