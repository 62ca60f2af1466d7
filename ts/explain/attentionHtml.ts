import { type AttentionMap, attentionReceived } from "./attentionMap.ts";
import { attentionSvg } from "./attentionSvg.ts";
import { page } from "./page.ts";
import { factsHtml, type SampleFacts, shadedWords } from "./shadedWords.ts";

/** A sequence, what was made of it, and what attended to what. */
export interface AttentionSample extends AttentionMap, SampleFacts {}

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
  const { tokens, keys, weights } = sample;
  const maps = weights.flatMap((heads, layer) =>
    heads.map((map, head) => {
      const name = `layer ${layer + 1}, head ${head + 1}`;
      const largest = map.reduce((most, weight) => Math.max(most, weight), 0);
      const caption = `<figcaption>${name}; strongest ${largest.toFixed(2)}</figcaption>`;
      return `<figure>${attentionSvg(`Attention in ${name}`, tokens, map, keys)}${caption}</figure>`;
    }),
  );
  return `<section>
<h2>${receivedWords(sample)}</h2>
${factsHtml(sample)}
<div class="maps">
${maps.join("\n")}
</div>
</section>`;
}

function receivedWords(sample: AttentionSample): string {
  const received = attentionReceived(sample);
  const largest = received.reduce((most, share) => Math.max(most, share), 0);
  const words = (sample.keys ?? sample.tokens).map((token, i) => {
    const share = received[i]!;
    return { token, strength: share / (largest || 1), title: `received ${share.toFixed(2)}` };
  });
  return shadedWords(words);
}
