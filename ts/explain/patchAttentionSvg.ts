import type { Picture } from "../data/images.ts";
import { FoveaError } from "../runtime/errors.ts";
import { escapeHtml } from "./escape.ts";

export interface PatchAttentionOptions {
  /** Height and width of a patch in pixels; the patches cover the picture, row by row. */
  readonly patchSize: number;
  /** Pixels of the page for one of the picture's. Default 8. */
  readonly zoom?: number | undefined;
}

const STRONGEST = 0.75; // the opacity of the patch with the largest weight: the picture shows through

/**
 * A picture as an inline SVG, its patches the redder the more they were attended to, relative to the largest of `weights`, one for each patch. The picture
 * is of one channel, from 0 (black) to 1 (white), or of three, red, green and blue. Each patch's title says its weight. Throws `SHAPE`.
 */
export function patchAttentionSvg(
  name: string,
  picture: Picture,
  weights: ArrayLike<number>,
  { patchSize, zoom = 8 }: PatchAttentionOptions,
): string {
  const { numChannels, height, width } = picture;
  const [rows, columns] = [height / patchSize, width / patchSize];
  if (![rows, columns].every((count) => Number.isInteger(count) && count >= 1) || weights.length !== rows * columns)
    throw new FoveaError(
      "SHAPE",
      `patchAttentionSvg: weights must be one for each patch of ${patchSize} × ${patchSize} pixels, got ${weights.length} for [${numChannels}, ${height}, ${width}]`,
    );
  if (numChannels !== 1 && numChannels !== 3)
    throw new FoveaError("SHAPE", `patchAttentionSvg: a picture must have 1 or 3 channels, got ${numChannels}`);
  const pixels = Array.from({ length: height * width }, (_, at) => {
    const place = `x="${at % width}" y="${Math.floor(at / width)}" width="1" height="1"`;
    return `<rect ${place} fill="${colourOf(picture, at)}"/>`;
  });
  const largest = Math.max(...Array.from(weights), Number.MIN_VALUE);
  const patches = Array.from(weights, (weight, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const place = `x="${column * patchSize}" y="${row * patchSize}" width="${patchSize}" height="${patchSize}"`;
    const opacity = ((STRONGEST * weight) / largest).toFixed(3);
    return `<rect ${place} fill="#e33" fill-opacity="${opacity}"><title>row ${row + 1}, column ${column + 1}: ${weight.toFixed(3)}</title></rect>`;
  });
  const size = `viewBox="0 0 ${width} ${height}" width="${width * zoom}" height="${height * zoom}"`;
  const title = `<title>${escapeHtml(name)}</title>`;
  return `<svg role="img" ${size} shape-rendering="crispEdges">${title}${pixels.join("")}${patches.join("")}</svg>`;
}

/** Of the pixel at a place in row-major order; what is beyond black or white counts as that. */
function colourOf({ numChannels, height, width, values }: Picture, at: number): string {
  const channels = [0, 1, 2].map((channel) => values[(numChannels === 1 ? 0 : channel) * height * width + at]!);
  return `#${channels
    .map((value) =>
      Math.round(255 * Math.min(1, Math.max(0, value)))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}
