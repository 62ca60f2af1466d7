import { type AttentionSample, howToRead, sampleHtml } from "./attentionHtml.ts";
import { type Curve, curvesSvg } from "./curvesSvg.ts";
import { escapeHtml } from "./escape.ts";
import { page } from "./page.ts";

/** What is drawn in one chart. */
export interface Chart {
  readonly title: string;
  readonly curves: readonly Curve[];
}

export interface TrainingReport {
  readonly title?: string | undefined;
  /** Lines of facts: data, model, machine. */
  readonly facts?: readonly string[] | undefined;
  readonly charts?: readonly Chart[] | undefined;
  /** What attended to what, at the end. */
  readonly samples?: readonly AttentionSample[] | undefined;
}

/**
 * A page on a training: facts, curves and attention maps. One file that loads nothing and runs no script; every point and every cell tells its value.
 *
 *     trainingHtml({ title: "Run 7", charts: [{ title: "loss", curves: [{ name: "train", values: losses }] }] });
 *
 * Throws `SHAPE` as `curvesSvg`.
 */
export function trainingHtml({ title = "Training", facts = [], charts = [], samples = [] }: TrainingReport): string {
  const figures = charts.map(({ title: name, curves }) => {
    const caption = `<figcaption>${escapeHtml(name)}</figcaption>`;
    return `<figure>${curvesSvg(name, curves)}${caption}</figure>`;
  });
  const parts = [
    `<ul>${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join("")}</ul>`,
    `<div class="maps">\n${figures.join("\n")}\n</div>`,
    ...(samples.length > 0 ? [howToRead, ...samples.map(sampleHtml)] : []),
  ];
  return page(title, parts.join("\n"));
}
