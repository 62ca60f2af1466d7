import { escapeHtml } from "./escape.ts";

const CELL = 16;
const LETTER = 6.6; // the width of a character of the font below
const LEAST = 0.005; // fainter cells are left out: they would not be seen

/**
 * One map as an inline SVG: rows attend, columns are attended to, darker for more, relative to the largest weight. Each cell's title
 * says its weight, and the description the strongest ones. `weights` are `tokens.length` rows of `keys.length` numbers; tokens attend to each
 * other unless `keys` are named.
 */
export function attentionSvg(
  name: string,
  tokens: readonly string[],
  weights: Float32Array,
  keys: readonly string[] = tokens,
): string {
  const [labels, keyLabels] = [tokens.map(escapeHtml), keys.map(escapeHtml)];
  const [left, top] = [marginOf(tokens), marginOf(keys)];
  const [width, height] = [Math.ceil(left + keys.length * CELL + 1), Math.ceil(top + tokens.length * CELL + 1)];
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const cells = Array.from(weights, (weight, i) => {
    if (weight < LEAST) return "";
    const [query, key] = [Math.floor(i / keys.length), i % keys.length];
    const place = `x="${round(left + key * CELL)}" y="${round(top + query * CELL)}"`;
    const title = `${labels[query]} → ${keyLabels[key]}: ${weight.toFixed(2)}`;
    return `<rect ${place} width="${CELL - 1}" height="${CELL - 1}" fill-opacity="${round(weight / largest)}"><title>${title}</title></rect>`;
  });
  const rows = labels.map((label, i) => {
    const middle = round(top + i * CELL + CELL / 2 + 3);
    return `<text x="${round(left - 5)}" y="${middle}" text-anchor="end">${label}</text>`;
  });
  const columns = keyLabels.map((label, i) => {
    const middle = round(left + i * CELL + CELL / 2 + 3);
    return `<text transform="translate(${middle} ${round(top - 5)}) rotate(-90)">${label}</text>`;
  });
  const about = `<title>${escapeHtml(name)}</title><desc>${strongest(labels, keyLabels, weights)}</desc>`;
  const frame = `<rect class="frame" x="${round(left - 1)}" y="${round(top - 1)}" width="${keys.length * CELL + 1}" height="${tokens.length * CELL + 1}"/>`;
  return `<svg role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${about}${frame}${rows.join("")}${columns.join("")}${cells.join("")}</svg>`;
}

/** The five largest weights in words, for those who do not see the picture. */
function strongest(labels: readonly string[], keys: readonly string[], weights: Float32Array): string {
  const order = Array.from(weights, (weight, i) => ({ weight, i })).sort((a, b) => b.weight - a.weight);
  const told = order.slice(0, 5).map(({ weight, i }) => {
    return `${labels[Math.floor(i / keys.length)]} to ${keys[i % keys.length]} ${weight.toFixed(2)}`;
  });
  return `Strongest: ${told.join(", ")}.`;
}

/** Room for the longest name. */
const marginOf = (tokens: readonly string[]): number => 8 + LETTER * Math.max(0, ...tokens.map((token) => [...token].length));

const round = (value: number): number => Math.round(value * 100) / 100;
