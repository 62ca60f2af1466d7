import { FoveaError } from "../../runtime/errors.ts";

/** What leads from references to hypotheses in the fewest changes. */
export interface ErrorRate {
  /** Changes for each item of the references; above 1 if there are more. */
  rate: number;
  hits: number;
  substitutions: number;
  deletions: number;
  insertions: number;
}

/** The word error rate, over all texts together, as jiwer counts. Throws `SHAPE`, and `DATA` if the references have no words. */
export function wer(references: string | readonly string[], hypotheses: string | readonly string[]): ErrorRate {
  return errorRate("wer", references, hypotheses, (text) => text.split(/\s+/).filter((word) => word !== ""));
}

/** The same of characters, white space within a text included. */
export function cer(references: string | readonly string[], hypotheses: string | readonly string[]): ErrorRate {
  return errorRate("cer", references, hypotheses, (text) => [...text.trim()]);
}

type Texts = string | readonly string[];

function errorRate(op: string, references: Texts, hypotheses: Texts, cut: (text: string) => string[]): ErrorRate {
  const [truth, given] = [[references].flat(), [hypotheses].flat()];
  if (truth.length !== given.length)
    throw new FoveaError("SHAPE", `${op}: each hypothesis needs a reference, got ${given.length} and ${truth.length}`);
  const total = { hits: 0, substitutions: 0, deletions: 0, insertions: 0 };
  truth.forEach((reference, i) => {
    const changes = align(cut(reference), cut(given[i]!));
    for (const kind of ["hits", "substitutions", "deletions", "insertions"] as const) total[kind] += changes[kind];
  });
  const { hits, substitutions, deletions, insertions } = total;
  const items = hits + substitutions + deletions;
  if (items === 0) throw new FoveaError("DATA", `${op}: the references must not be empty`);
  return { rate: (substitutions + deletions + insertions) / items, ...total };
}

/** Of the ways with the fewest changes the one that rapidfuzz takes: what both begin and end with aside, back from the end, deletions first. */
function align(reference: readonly string[], hypothesis: readonly string[]): Omit<ErrorRate, "rate"> {
  const start = commonStart(reference, hypothesis);
  const end = commonStart(reference.slice(start).reverse(), hypothesis.slice(start).reverse());
  const a = reference.slice(start, reference.length - end);
  const b = hypothesis.slice(start, hypothesis.length - end);
  const distance = distances(a, b);
  const at = (i: number, j: number): number => distance[i * (b.length + 1) + j]!;
  const counts = { hits: start + end, substitutions: 0, deletions: 0, insertions: 0 };
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    if (at(i, j) === at(i - 1, j) + 1) {
      counts.deletions += 1;
      i -= 1;
    } else if (at(i, j - 1) === at(i - 1, j - 1) - 1) {
      counts.insertions += 1;
      j -= 1;
    } else {
      counts[a[i - 1] === b[j - 1] ? "hits" : "substitutions"] += 1;
      i -= 1;
      j -= 1;
    }
  }
  counts.deletions += i;
  counts.insertions += j;
  return counts;
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}

/** Levenshtein's of each beginning of `a` from each of `b`: `[a.length + 1, b.length + 1]`. */
function distances(a: readonly string[], b: readonly string[]): Int32Array {
  const cols = b.length + 1;
  const all = new Int32Array((a.length + 1) * cols);
  for (let j = 0; j < cols; j += 1) all[j] = j;
  for (let i = 1; i <= a.length; i += 1) {
    all[i * cols] = i;
    for (let j = 1; j < cols; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const above = i * cols - cols + j;
      all[i * cols + j] = Math.min(all[above - 1]! + change, all[above]! + 1, all[i * cols + j - 1]! + 1);
    }
  }
  return all;
}
