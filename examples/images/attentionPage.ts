import { picture } from "fovea/data";
import { patchAttentionSvg } from "fovea/explain";
import { type Digit, INK } from "./makeDigits.ts";

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
  const caption = `${digit.label}, taken for ${said}`;
  const black = picture(
    digit.pixels.map((pixel) => INK - pixel),
    [1, 8, 8],
    { most: INK },
  );
  return `<figure>${patchAttentionSvg(caption, black, weights, { patchSize: 2, zoom: 16 })}
<figcaption>${caption}</figcaption></figure>`;
}
