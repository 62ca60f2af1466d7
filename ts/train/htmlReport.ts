import type { AttentionSample } from "../explain/attentionHtml.ts";
import { type Chart, trainingHtml } from "../explain/trainingHtml.ts";
import { writeFileAtomic } from "../io/atomicFile.ts";
import { nodeModule } from "../runtime/node.ts";
import { atRest } from "./atRest.ts";
import type { Callback, EpochSummary, FitResult, Progress, Training } from "./callback.ts";
import { Series, type SeriesState } from "./series.ts";

export interface HtmlReportOptions {
  /** Default "Training". */
  title?: string;
  /** Lines of facts: data, model, machine. */
  facts?: readonly string[];
  /** Attention to draw below the curves. Called after each epoch, with dropout at rest and no gradients. */
  samples?: (training: Training) => readonly AttentionSample[];
}

/**
 * Keeps at `path` (Node) a page with the curves of a training: loss and accuracy, of the validation too, its metrics, learning rate and norm of
 * the gradients. It loads nothing and runs no script, and is replaced whole after each epoch and at the end. A training that goes on from a
 * snapshot goes on with its curves.
 */
export function htmlReport(path: string, options: HtmlReportOptions = {}): Callback {
  return new HtmlReport(path, options);
}

type StepSeries = "loss" | "lr" | "gradNorm";

class HtmlReport implements Callback {
  readonly name = "htmlReport";
  readonly #path: string;
  readonly #options: HtmlReportOptions;
  readonly #series: Record<StepSeries, Series> = { loss: new Series(), lr: new Series(), gradNorm: new Series() };

  constructor(path: string, options: HtmlReportOptions) {
    this.#path = path;
    this.#options = options;
  }

  async onStart(): Promise<void> {
    const { mkdir } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
    const { dirname } = await nodeModule<typeof import("node:path")>("path");
    await mkdir(dirname(this.#path), { recursive: true });
  }

  onStep({ step, batchLoss, lr, gradNorm }: Progress): void {
    this.#series.loss.add(step, batchLoss);
    this.#series.lr.add(step, lr);
    this.#series.gradNorm.add(step, gradNorm);
  }

  onEpoch(_: EpochSummary, training: Training): Promise<void> {
    return this.#write(training, "in training");
  }

  async onEnd(result: FitResult | null, training: Training): Promise<void> {
    const stopped = result?.stopped === undefined ? "finished" : `stopped: ${result.stopped}`;
    // A training that failed before its first step has nothing to show, and may have no folder.
    if (training.step > 0) await this.#write(training, result ? stopped : "ended before its last step");
  }

  stateDict(): Record<StepSeries, SeriesState> {
    const { loss, lr, gradNorm } = this.#series;
    return { loss: loss.state, lr: lr.state, gradNorm: gradNorm.state };
  }

  loadStateDict(state: unknown): void {
    const all = state as Record<StepSeries, SeriesState>;
    for (const name of ["loss", "lr", "gradNorm"] as const) this.#series[name].state = all[name];
  }

  async #write(training: Training, standing: string): Promise<void> {
    const { title, facts = [], samples } = this.#options;
    const place = `epoch ${training.summaries.length}, step ${training.step.toLocaleString("en")}: ${standing}`;
    const maps = samples && training.resumable ? atRest(training.model, () => samples(training)) : [];
    const page = trainingHtml({ title, facts: [place, ...facts], charts: this.#charts(training.summaries), samples: maps });
    await writeFileAtomic(this.#path, page);
  }

  #charts(summaries: readonly EpochSummary[]): Chart[] {
    const { loss, lr, gradNorm } = this.#series;
    const at = summaries.map(({ step }) => step);
    const curve = (name: string, of: (summary: EpochSummary) => number | undefined) => {
      const values = summaries.map((summary) => of(summary) ?? Number.NaN);
      return values.some(Number.isFinite) ? [{ name, values, at }] : [];
    };
    const metrics = [...new Set(summaries.flatMap(({ valid }) => Object.keys(valid?.metrics ?? {})))];
    const charts = [
      { title: "loss", curves: [{ name: "train", ...pointsOf(loss) }, ...curve("valid", ({ valid }) => valid?.loss)] },
      {
        title: "accuracy",
        curves: [...curve("train", ({ accuracy }) => accuracy), ...curve("valid", ({ valid }) => valid?.accuracy)],
      },
      ...metrics.map((name) => ({ title: name, curves: curve("valid", ({ valid }) => valid?.metrics[name]) })),
      { title: "learning rate", curves: [{ name: "lr", ...pointsOf(lr) }] },
      { title: "norm of the gradients", curves: [{ name: "gradNorm", ...pointsOf(gradNorm) }] },
    ];
    return charts.filter(({ curves }) => curves.some(({ values }) => values.length > 0));
  }
}

const pointsOf = ({ at, values }: Series) => ({ at, values });
