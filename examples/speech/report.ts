import type { EpochRecord } from "./main.ts";

/** A page that opens without a network: curves, and where the decoder listened for each digit it wrote. */
export function reportPage(curves: readonly EpochRecord[], digits: string, attention: Float32Array): string {
  const charts = [
    chart(
      "training loss",
      curves.map(({ loss }) => loss),
    ),
    chart(
      "single digits, % right",
      curves.map(({ digits }) => 100 * digits),
    ),
    chart(
      "strings, % wrong by CTC",
      curves.map(({ ctcErrors }) => ctcErrors),
    ),
    chart(
      "strings, % wrong by the decoder",
      curves.map(({ decoderErrors }) => decoderErrors),
    ),
    chart(
      "strings, % wrong by both",
      curves.map(({ bothErrors }) => bothErrors),
    ),
  ];
  return `<!doctype html>
<meta charset="utf-8">
<title>Spoken digits</title>
<style>body { font: 15px sans-serif; max-width: 60em; margin: 2em auto } svg { border: 1px solid #ccc; margin: 0 1em 1em 0 } text { font: 12px sans-serif }</style>
<h1>Spoken digits</h1>
${charts.join("\n")}
<h2>Where the decoder listened to “${digits}”</h2>
<p>A row for each token it wrote, <code>&lt;eos&gt;</code> last; a column for every 40 ms.</p>
${heat([...digits, "end"], attention)}
`;
}

const [WIDTH, HEIGHT] = [380, 180];

function chart(title: string, values: readonly number[]): string {
  const most = Math.max(1e-9, ...values);
  const points = values.map((value, i) => {
    const x = 10 + ((WIDTH - 20) * i) / Math.max(1, values.length - 1);
    return `${x.toFixed(1)},${(HEIGHT - 10 - ((HEIGHT - 40) * value) / most).toFixed(1)}`;
  });
  const last = values.at(-1) ?? 0;
  return `<svg width="${WIDTH}" height="${HEIGHT}" role="img"><text x="10" y="18">${title}: ${last.toFixed(2)}, at most ${most.toFixed(2)}</text>
<polyline points="${points.join(" ")}" fill="none" stroke="#2563eb" stroke-width="2"/></svg>`;
}

function heat(rows: readonly string[], weights: Float32Array): string {
  const cols = weights.length / rows.length;
  const [cell, left] = [12, 40];
  const most = Math.max(...weights);
  const cells = Array.from(weights, (weight, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return `<rect x="${left + col * cell}" y="${row * 22}" width="${cell}" height="21" fill="rgba(37,99,235,${(weight / most).toFixed(3)})"/>`;
  });
  const names = rows.map((name, row) => `<text x="4" y="${row * 22 + 15}">${name}</text>`);
  return `<svg width="${left + cols * cell}" height="${rows.length * 22}">${names.join("")}${cells.join("")}</svg>`;
}
