import type { Digit } from "./makeDigits.ts";

/** A picture, what it was taken for, and how much of each of its 16 patches was attended to. */
export interface Attended {
  readonly digit: Digit;
  readonly said: number;
  readonly weights: readonly number[];
}

/** A page that opens without a network: each picture in ink, the middles of its patches the redder the more they were attended to. */
export function attentionPage(pictures: readonly Attended[]): string {
  return `<!doctype html>
<meta charset="utf-8">
<title>What was looked at</title>
<style>body { font: 16px sans-serif; display: flex; flex-wrap: wrap; gap: 24px; padding: 24px } figure { margin: 0; text-align: center }</style>
${pictures.map(figure).join("\n")}
`;
}

function figure({ digit, said, weights }: Attended): string {
  const most = Math.max(...weights);
  const ink = digit.pixels.map((value, at) => square(at % 8, Math.floor(at / 8), 1, "#000", value / 16));
  const looked = weights.map((weight, at) => square(2 * (at % 4), 2 * Math.floor(at / 4), 2, "#e33", (0.7 * weight) / most));
  return `<figure><svg width="128" height="128" viewBox="0 0 8 8">${ink.join("")}${looked.join("")}</svg>
<figcaption>${digit.label}, taken for ${said}</figcaption></figure>`;
}

const square = (x: number, y: number, size: number, fill: string, opacity: number): string =>
  `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="${fill}" fill-opacity="${opacity.toFixed(3)}"/>`;
