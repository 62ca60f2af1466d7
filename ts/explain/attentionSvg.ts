import { escapeHtml } from "./escape.ts";

const CELL = 16;
const LETTER = 6.6; // the width of a character of the font below
const LEAST = 0.005; // fainter cells are left out: they would not be seen

/**
 * One map as an inline SVG: rows attend, columns are attended to, darker for more, relative to the largest weight. Each cell's title
 * says its weight, and the description the strongest ones. `weights` are `tokens.length ** 2` numbers, row by row.
 */
export function attentionSvg(name: string, tokens: readonly string[], weights: Float32Array): string {
  const labels = tokens.map(escapeHtml);
  const margin = 8 + LETTER * Math.max(0, ...tokens.map((token) => [...token].length));
  const size = Math.ceil(margin + tokens.length * CELL + 1);
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const cells = Array.from(weights, (weight, i) => {
    if (weight < LEAST) return "";
    const [query, key] = [Math.floor(i / tokens.length), i % tokens.length];
    const place = `x="${round(margin + key * CELL)}" y="${round(margin + query * CELL)}"`;
    const title = `${labels[query]} → ${labels[key]}: ${weight.toFixed(2)}`;
    return `<rect ${place} width="${CELL - 1}" height="${CELL - 1}" fill-opacity="${round(weight / largest)}"><title>${title}</title></rect>`;
  });
  const names = labels.map((label, i) => {
    const middle = round(margin + i * CELL + CELL / 2 + 3);
    const edge = round(margin - 5);
    return `<text x="${edge}" y="${middle}" text-anchor="end">${label}</text><text transform="translate(${middle} ${edge}) rotate(-90)">${label}</text>`;
  });
  const about = `<title>${escapeHtml(name)}</title><desc>${strongest(labels, weights)}</desc>`;
  const frame = `<rect class="frame" x="${round(margin - 1)}" y="${round(margin - 1)}" width="${tokens.length * CELL + 1}" height="${tokens.length * CELL + 1}"/>`;
  return `<svg role="img" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}">${about}${frame}${names.join("")}${cells.join("")}</svg>`;
}

/** The five largest weights in words, for those who do not see the picture. */
function strongest(labels: readonly string[], weights: Float32Array): string {
  const order = Array.from(weights, (weight, i) => ({ weight, i })).sort((a, b) => b.weight - a.weight);
  const told = order.slice(0, 5).map(({ weight, i }) => {
    return `${labels[Math.floor(i / labels.length)]} to ${labels[i % labels.length]} ${weight.toFixed(2)}`;
  });
  return `Strongest: ${told.join(", ")}.`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
