import { FoveaError } from "../../runtime/errors.ts";

/** How often each occurs. */
export type Counts = ReadonlyMap<string, number>;

/** Runs of `n` items, put together by `joint`. */
export function ngrams(items: readonly string[], n: number, joint = ""): Counts {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i += 1) {
    const gram = items.slice(i, i + n).join(joint);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** How many of `a` are in `b` too, each at most as often as there. */
export function matches(a: Counts, b: Counts): number {
  let found = 0;
  for (const [gram, count] of a) found += Math.min(count, b.get(gram) ?? 0);
  return found;
}

export function sizeOf(counts: Counts): number {
  let size = 0;
  for (const count of counts.values()) size += count;
  return size;
}

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** A text's references: one, or several. */
export type References = readonly (string | readonly string[])[];

/** Throws `SHAPE` unless there is a reference, or more, for each hypothesis. */
export function expectReferences(op: string, hypotheses: readonly string[], references: References): void {
  if (!Array.isArray(hypotheses) || !Array.isArray(references))
    throw new FoveaError(
      "SHAPE",
      `${op}: hypotheses and references must be arrays, got ${typeof hypotheses} and ${typeof references}`,
    );
  if (hypotheses.length !== references.length)
    throw new FoveaError("SHAPE", `${op}: each hypothesis needs references, got ${hypotheses.length} and ${references.length}`);
  const without = references.findIndex((each) => [each].flat().length === 0);
  if (without >= 0) throw new FoveaError("SHAPE", `${op}: each hypothesis needs references, got none for hypothesis ${without}`);
}
