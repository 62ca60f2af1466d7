import { type AttributionMap, strongest } from "./attributions.ts";
import { escapeHtml } from "./escape.ts";
import { page } from "./page.ts";
import { factsHtml, type SampleFacts, shadedWords } from "./shadedWords.ts";

/** A sequence, what was made of it, and why. */
export interface AttributionSample extends AttributionMap, SampleFacts {
  /** What the scores are about: "positive". */
  readonly explained?: string | undefined;
}

/**
 * A page with each sample's words, shaded by what they had to do with the answer, once for each method. One file that loads nothing and
 * runs no script, for light and dark screens; every word's title tells its score. Throws `SHAPE`.
 */
export function attributionHtml(
  samples: readonly AttributionSample[],
  { title = "Attributions" }: { title?: string } = {},
): string {
  return page(title, `${HOW_TO_READ}\n${samples.map(sampleHtml).join("\n")}`);
}

const HOW_TO_READ = `<p>A word is shaded <span class="words"><span style="--strength: 60%">this way</span></span> if it speaks for the answer
that is explained, <span class="words"><span class="against" style="--strength: 60%">this way</span></span> if it speaks against it; in each line the strongest
colour is its largest score. Point at a word to read its score.</p>`;

function sampleHtml({ tokens, scores, explained, ...facts }: AttributionSample): string {
  const what = explained === undefined ? "" : `for ${escapeHtml(explained)}; `;
  const lines = Object.entries(scores).map(([name, values]) => {
    const most = strongest("attributionHtml", tokens, name, values);
    const words = tokens.map((token, i) => {
      const score = values[i]!;
      return { token, strength: score / (most || 1), title: `${token}: ${score.toFixed(2)}` };
    });
    return `<figure>
<p class="words">${shadedWords(words)}</p>
<figcaption>${escapeHtml(name)}, ${what}strongest ${most.toFixed(2)}</figcaption>
</figure>`;
  });
  return `<section>
${factsHtml(facts)}
${lines.join("\n")}
</section>`;
}
