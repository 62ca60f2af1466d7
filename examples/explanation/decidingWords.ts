// Which words of a made review settle its label, by the grammar that made it: the yardstick for attributions.
import { agreements, type Construction, constructions, contrasts, frames, openings } from "../sentiment/grammar.ts";

/**
 * The places of the words that decide: the word of feeling and the modifier before it in the clause that decides (in both where the two agree), and
 * the frame around it if that turns the feeling round. Null for a text that the grammar did not make.
 */
export function decidingWords(tokens: readonly string[]): Set<number> | null {
  const first = tokens[0]?.startsWith("<") ? 1 : 0; // a token for the whole
  const opening = openings.map(wordsOf).find((words) => startsWith(tokens, first, words));
  const start = first + (opening?.length ?? 0);
  const clauses = clausesThatDecide(tokens, start);
  const places = clauses.map(([from, to]) => feelingIn(tokens, from, to));
  const frame = frames.find(({ text }) => startsWith(tokens, start, wordsOf(text)));
  const turning = frame?.sign === -1 ? wordsOf(frame.text).map((_, i) => start + i) : [];
  return places.includes(null) ? null : new Set([...places.flatMap((place) => place ?? []), ...turning]);
}

const wordsOf = (text: string): string[] => text.split(" ");

function startsWith(tokens: readonly string[], at: number, words: readonly string[]): boolean {
  return words.every((word, i) => tokens[at + i] === word);
}

/** The first place of `words` from `from` on; −1 if there is none. The "but" of "anything but" joins nothing. */
function joint(tokens: readonly string[], from: number, words: readonly string[]): number {
  return tokens.findIndex((_, i) => i >= from && startsWith(tokens, i, words) && tokens[i - 1] !== "anything");
}

type Span = readonly [from: number, to: number];

function clausesThatDecide(tokens: readonly string[], start: number): Span[] {
  // Those that begin with a word first: "although X , Y" also looks like other outlines inside.
  const outlines = [...contrasts, ...agreements].sort((a, b) => Number(a.startsWith("{")) - Number(b.startsWith("{")));
  for (const outline of outlines) {
    const [before = "", between = ""] = outline.split(/\{yields\}|\{decides\}/).map((part) => part.trim());
    if (before !== "" && !startsWith(tokens, start, wordsOf(before))) continue;
    const first = start + (before === "" ? 0 : wordsOf(before).length);
    const at = joint(tokens, first, wordsOf(between));
    if (at < 0) continue;
    const second: Span = [at + wordsOf(between).length, tokens.length];
    return agreements.includes(outline) ? [[first, at], second] : [second];
  }
  return [[start, tokens.length]];
}

/** The places of a clause's word of feeling and of the modifier right before it. */
function feelingIn(tokens: readonly string[], from: number, to: number): number[] | null {
  for (let at = from; at < to; at += 1) {
    const construction = constructions.find(({ words }) => words.flat().includes(tokens[at]!));
    if (!construction) continue;
    const length = modifierBefore(tokens, at, construction);
    return Array.from({ length: length + 1 }, (_, i) => at - length + i);
  }
  return null;
}

/** How many words the longest modifier has that ends right before `at`. */
function modifierBefore(tokens: readonly string[], at: number, { modifiers }: Construction): number {
  const lengths = modifiers
    .flat()
    .map(wordsOf)
    .filter((words) => startsWith(tokens, at - words.length, words))
    .map((words) => words.length);
  return Math.max(0, ...lengths);
}
