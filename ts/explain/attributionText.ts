import { type AttributionMap, strongest } from "./attributions.ts";
import { padded, widthOf } from "./columns.ts";

export interface AttributionTextOptions {
  /** Characters a line may have. Default 80. */
  columns?: number | undefined;
}

const LONGEST_TOKEN = 14;
const NUMBER = 8; // characters of a score

/**
 * Attributions as text for a terminal: under each method's name a line for each token, its bar to the right if it speaks for what is explained,
 * to the left if against it, as long as its score beside the method's largest. Throws `SHAPE`.
 */
export function attributionText({ tokens, scores }: AttributionMap, { columns = 80 }: AttributionTextOptions = {}): string {
  const tokenWidth = Math.min(LONGEST_TOKEN, Math.max(0, ...tokens.map(widthOf)));
  const half = Math.max(1, Math.floor((columns - tokenWidth - NUMBER - 2) / 2));
  const blocks = Object.entries(scores).map(([name, values]) => {
    const most = strongest("attributionText", tokens, name, values);
    const lines = tokens.map((token, i) => {
      const score = values[i]!;
      const bar = "█".repeat(Math.round((half * Math.abs(score)) / (most || 1)));
      const [left, right] = score < 0 ? [bar, ""] : ["", bar];
      return `${padded(token, tokenWidth)} ${left.padStart(half)}│${right.padEnd(half)}${score.toFixed(2).padStart(NUMBER)}`;
    });
    return [name, ...lines, ""].join("\n");
  });
  return blocks.join("\n");
}
