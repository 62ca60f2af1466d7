/**
 * What a model attended to and what decided its answers, as a page or as text, and what it is made of, as a table.
 *
 *     import { attentionHtml, attentionMap } from "fovea/explain";
 *
 *     const { logits, weights } = model.forward(ids, { needWeights: true });
 *     const page = attentionHtml([attentionMap(["not", "bad"], weights)]);
 *
 * @module
 */
export { attentionBitmap } from "./attentionBitmap.ts";
export { type AttentionSample, attentionHtml } from "./attentionHtml.ts";
export { type AttentionMap, attentionMap, attentionReceived, meanOverHeads } from "./attentionMap.ts";
export { attentionSvg } from "./attentionSvg.ts";
export { type AttentionTextOptions, attentionText } from "./attentionText.ts";
export { type AttributionSample, attributionHtml } from "./attributionHtml.ts";
export { type AttributionMap, tokenAttributions } from "./attributions.ts";
export { type AttributionTextOptions, attributionText } from "./attributionText.ts";
export { type Curve, curvesSvg } from "./curvesSvg.ts";
export { type Explained, gradientTimesInput } from "./gradientTimesInput.ts";
export { type IntegratedGradients, type IntegratedGradientsOptions, integratedGradients } from "./integratedGradients.ts";
export { type PatchAttentionOptions, patchAttentionSvg } from "./patchAttentionSvg.ts";
export { type ModelSummary, type SummaryRow, summary } from "./summary.ts";
export { type Chart, type TrainingReport, trainingHtml } from "./trainingHtml.ts";
