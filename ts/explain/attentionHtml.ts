import { type AttentionMap, attentionReceived } from "./attentionMap.ts";
import { attentionSvg } from "./attentionSvg.ts";
import { escapeHtml } from "./escape.ts";
import { page } from "./page.ts";

/** A sequence, what was made of it, and what attended to what. */
export interface AttentionSample extends AttentionMap {
  /** The right answer, if it is known. */
  readonly label?: string | undefined;
  /** Each class with its probability. */
  readonly probabilities?: readonly { readonly name: string; readonly probability: number }[] | undefined;
}

/**
 * A page with a heat map for each sample, layer and head, above them the sample's probabilities and its words shaded by how much they
 * were attended to. One file that loads nothing and runs no script, for light and dark screens; every cell's title tells its weight.
 */
export function attentionHtml(samples: readonly AttentionSample[], { title = "Attention" }: { title?: string } = {}): string {
  return page(title, `${howToRead}\n${samples.map(sampleHtml).join("\n")}`);
}

/** What stands above the maps of a page. */
export const howToRead = `<p>In each map a row is a word that attends, a column a word it attends to; a row's weights sum to 1. The strongest colour of a
map is its largest weight. Point at a cell to read its weight. Above the maps the words are shaded by the attention they received, over
all layers and heads.</p>`;

/** The section of one sample. */
export function sampleHtml(sample: AttentionSample): string {
  const { tokens, keys, weights, label, probabilities = [] } = sample;
  const likely = [...probabilities].sort((a, b) => b.probability - a.probability);
  const right = label === undefined ? "" : `<p>Label: ${escapeHtml(label)}</p>`;
  const maps = weights.flatMap((heads, layer) =>
    heads.map((map, head) => {
      const name = `layer ${layer + 1}, head ${head + 1}`;
      const largest = map.reduce((most, weight) => Math.max(most, weight), 0);
      const caption = `<figcaption>${name}; strongest ${largest.toFixed(2)}</figcaption>`;
      return `<figure>${attentionSvg(`Attention in ${name}`, tokens, map, keys)}${caption}</figure>`;
    }),
  );
  return `<section>
<h2>${shadedWords(sample)}</h2>
${right}
${likely.length > 0 ? `<ul>${likely.map(probabilityHtml).join("")}</ul>` : ""}
<div class="maps">
${maps.join("\n")}
</div>
</section>`;
}

function shadedWords(sample: AttentionSample): string {
  const received = attentionReceived(sample);
  const largest = received.reduce((most, share) => Math.max(most, share), 0);
  const word = (token: string, i: number): string => {
    const strength = Math.round((60 * received[i]!) / (largest || 1));
    return `<span style="--strength: ${strength}%" title="received ${received[i]!.toFixed(2)}">${escapeHtml(token)}</span>`;
  };
  return (sample.keys ?? sample.tokens).map(word).join(" ");
}

function probabilityHtml({ name, probability }: { name: string; probability: number }): string {
  const percent = `${(100 * probability).toFixed(1)} %`;
  return `<li><meter max="1" value="${probability.toFixed(4)}">${percent}</meter> ${escapeHtml(name)} ${percent}</li>`;
}
