import { Rng, type SequenceClassifier } from "fovea";
import { decidingWords } from "./decidingWords.ts";
import { chances, type Explanation, explain, METHODS, type Method } from "./explain.ts";

export interface Text {
  readonly words: readonly string[];
  readonly ids: readonly number[];
  readonly label: number;
}

/** How well the words that score highest are those that matter. */
export interface Faithfulness {
  /** How many texts it is the mean of: those that the model gets right, with two words or more. */
  readonly texts: number;
  /** By how much the probability of the answer falls when a word is taken away: the one that scores highest, or any. */
  readonly fall: Readonly<Record<Method | "any word", number>>;
  /** How often that word is one that decides; null for texts that the grammar of the made reviews doesn't know. */
  readonly decides: Readonly<Record<Method | "any word", number>> | null;
  /** The largest error of completeness beside the largest change there was to explain. */
  readonly incomplete: number;
}

const BATCH = 50;
const SEED = 1; // of which word is any word

export function measure(model: SequenceClassifier, texts: readonly Text[]): Faithfulness {
  const rng = new Rng(SEED);
  const fall = { ...ZEROS };
  const decides = { ...ZEROS };
  const errors = { delta: 0, change: 0 };
  let [count, known] = [0, true];
  for (let first = 0; first < texts.length; first += BATCH) {
    const batch = texts.slice(first, first + BATCH).filter(({ ids }) => ids.length > 1);
    if (batch.length === 0) continue;
    const made = explain(
      model,
      batch.map(({ ids }) => ids),
    );
    const right = batch.flatMap((text, i) => (made[i]!.predicted === text.label ? [{ text, made: made[i]! }] : []));
    if (right.length === 0) continue;
    count += right.length;
    addFalls(fall, model, right, rng);
    for (const { text, made } of right) {
      const deciding = decidingWords(text.words);
      if (deciding === null) known = false;
      else addDeciding(decides, text, made, deciding);
      errors.delta = Math.max(errors.delta, Math.abs(made.delta));
      errors.change = Math.max(errors.change, Math.abs(made.change));
    }
  }
  const mean = (sums: typeof fall) => ({
    "gradient × input": sums["gradient × input"] / count,
    "integrated gradients": sums["integrated gradients"] / count,
    "any word": sums["any word"] / count,
  });
  return {
    texts: count,
    fall: mean(fall),
    decides: known && count > 0 ? mean(decides) : null,
    incomplete: errors.delta / errors.change,
  };
}

interface Answer {
  readonly text: Text;
  readonly made: Explanation;
}

const ZEROS = { "gradient × input": 0, "integrated gradients": 0, "any word": 0 };
const highest = (scores: ArrayLike<number>): number => Array.from(scores).indexOf(Math.max(...Array.from(scores)));

/** Takes one word of each text away, and adds up by how much the answers' probabilities fall. */
function addFalls(sums: Record<string, number>, model: SequenceClassifier, answers: readonly Answer[], rng: Rng): void {
  const classes = answers.map(({ made }) => made.predicted);
  const choices = {
    ...Object.fromEntries(METHODS.map((method) => [method, ({ made }: Answer) => highest(made.scores[method])])),
    "any word": ({ text }: Answer) => rng.below(text.ids.length),
  };
  for (const [name, choice] of Object.entries(choices)) {
    const without = answers.map((answer) => answer.text.ids.toSpliced(choice(answer), 1));
    chances(model, without, classes).forEach((chance, i) => {
      sums[name]! += answers[i]!.made.probabilities[classes[i]!]! - chance;
    });
  }
}

function addDeciding(sums: Record<string, number>, { words }: Text, { scores }: Explanation, deciding: Set<number>): void {
  for (const method of METHODS) sums[method]! += deciding.has(highest(scores[method])) ? 1 : 0;
  sums["any word"]! += deciding.size / words.length;
}
