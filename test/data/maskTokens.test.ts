import { afterAll, beforeAll, expect, test } from "vitest";
import { maskTokens } from "../../ts/data/index.ts";
import { crossEntropy, dispose, init, MaskedLanguageModel, Rng, scope } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const MASK = 99;
const options = (seed: number) => ({ maskId: MASK, vocabSize: 100, specials: [0, 1, 2], rng: new Rng(seed) });

/** 2 at either end, and between them ids of its own, from 3 to 98. */
const text = (length: number, from: number) => [2, ...Array.from({ length }, (_, i) => 3 + ((from + i) % 96)), 2];

test("of each sequence the share is to be told, at least one, and never a special token", () => {
  const texts = [text(40, 0), text(20, 50), text(1, 7), [2, 2], []];
  const { ids, lengths, positions, labels } = maskTokens(texts, options(1));
  const seqLen = ids.shape[1]!;
  expect(lengths).toEqual([42, 22, 3, 2, 0]);
  const places = [...positions.view()].map((at) => [Math.floor(at / seqLen), at % seqLen] as const);
  expect([0, 1, 2, 3, 4].map((item) => places.filter(([of]) => of === item).length)).toEqual([6, 3, 1, 0, 0]);
  expect(places.map(([item, place]) => texts[item]![place])).toEqual([...labels.view()]);
  expect([...labels.view()].filter((id) => [0, 1, 2, MASK].includes(id))).toEqual([]);
  const rows = ids.toNested() as number[][];
  for (const [item, row] of rows.entries())
    for (const [place, id] of row.entries())
      if (!places.some(([of, at]) => of === item && at === place)) expect(id).toBe(texts[item]![place] ?? 0);
});

test("of those told, eight in ten are hidden, one is another token, one is left", () => {
  const { ids, positions, labels } = maskTokens(
    Array.from({ length: 400 }, (_, i) => text(60, i)),
    { ...options(2), share: 0.5 },
  );
  const shown = [...positions.view()].map((at) => ids.view()[at]!);
  const share = (is: (id: number, i: number) => boolean) => shown.filter(is).length / shown.length;
  expect(shown).toHaveLength(12_000);
  // Three standard deviations of 12,000 draws.
  expect(Math.abs(share((id) => id === MASK) - 0.8)).toBeLessThan(0.011);
  expect(Math.abs(share((id, i) => id === labels.view()[i]) - (0.1 + 0.1 / 96))).toBeLessThan(0.0083);
  expect(new Set(shown.filter((id) => id !== MASK)).size).toBe(96);
});

test("the same numbers hide the same, others others; shares can be said", () => {
  const texts = [text(50, 0)];
  const hidden = (seed: number, more = {}) => [...maskTokens(texts, { ...options(seed), ...more }).ids.view()];
  expect(hidden(3)).toEqual(hidden(3));
  expect(hidden(3)).not.toEqual(hidden(4));
  expect(hidden(3, { share: 1, randomShare: 0, keptShare: 0 })).toEqual([2, ...Array(50).fill(MASK), 2]);
  expect(hidden(3, { share: 1, randomShare: 0, keptShare: 1 })).toEqual(texts[0]);
});

test.each([
  [{ share: 0 }, "maskTokens: share must be above 0 and at most 1, got 0"],
  [
    { randomShare: 0.6, keptShare: 0.5 },
    "maskTokens: randomShare and keptShare must be at least 0 and together at most 1, got 0.6 and 0.5",
  ],
  [{ maskId: 100 }, "maskTokens: maskId must be an id below vocabSize 100, got 100"],
  [{ maskId: 0, vocabSize: 3 }, "maskTokens: vocabSize must leave ids that are not special, got 3"],
])("%j is refused", (wrong, message) => {
  expect(() => maskTokens([[5]], { ...options(1), ...wrong })).toThrow(expect.objectContaining({ code: "RANGE", message }));
});

test("a model that computes the positions alone gives what it gives for all", () => {
  const model = new MaskedLanguageModel({ vocabSize: 100, dModel: 8, numHeads: 2, numLayers: 1, dropout: 0, embeddingStd: 0.5 });
  const { ids, lengths, positions, labels } = maskTokens([text(9, 1), text(5, 30)], options(5));
  const told = model.forward(ids, { lengths, positions });
  const all = model.forward(ids, { lengths }).reshape([-1, 100]).toNested() as number[][];
  expect(told.shape).toEqual([positions.length, 100]);
  for (const [i, row] of (told.toNested() as number[][]).entries())
    for (const [id, logit] of row.entries()) expect(logit).toBeCloseTo(all[positions.view()[i]!]![id]!, 5);
  scope(() => crossEntropy(told, labels).backward());
  expect(model.embedding.weight.grad).not.toBeNull();
});
