import { escapeHtml } from "./escape.ts";

/** A word with how strongly it is coloured, from −1, all of the colour against, to 1. */
export interface ShadedWord {
  readonly token: string;
  readonly strength: number;
  /** What it says when it is pointed at. */
  readonly title: string;
}

const STRONGEST = 60; // percent of colour: text stays readable on it

/** Words one after the other, each shaded by its strength. */
export function shadedWords(words: readonly ShadedWord[]): string {
  return words
    .map(({ token, strength, title }) => {
      const against = strength < 0 ? ' class="against"' : "";
      const percent = Math.round(STRONGEST * Math.abs(strength));
      return `<span${against} style="--strength: ${percent}%" title="${escapeHtml(title)}">${escapeHtml(token)}</span>`;
    })
    .join(" ");
}

/** What is known of a sample besides. */
export interface SampleFacts {
  /** The right answer, if it is known. */
  readonly label?: string | undefined;
  /** Each class with its probability. */
  readonly probabilities?: readonly { readonly name: string; readonly probability: number }[] | undefined;
}

/** The label, and the classes, the likeliest first. */
export function factsHtml({ label, probabilities = [] }: SampleFacts): string {
  const likely = [...probabilities].sort((a, b) => b.probability - a.probability);
  const right = label === undefined ? "" : `<p>Label: ${escapeHtml(label)}</p>`;
  return `${right}\n${likely.length > 0 ? `<ul>${likely.map(probabilityHtml).join("")}</ul>` : ""}`;
}

function probabilityHtml({ name, probability }: { name: string; probability: number }): string {
  const percent = `${(100 * probability).toFixed(1)} %`;
  return `<li><meter max="1" value="${probability.toFixed(4)}">${percent}</meter> ${escapeHtml(name)} ${percent}</li>`;
}
