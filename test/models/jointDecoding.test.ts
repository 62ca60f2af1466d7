import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import {
  beamSearch,
  collect,
  dispose,
  generate,
  init,
  manualSeed,
  Rng,
  randn,
  rotary,
  runtime,
  SpeechRecognizer,
  scope,
  sinusoidal,
  type Tensor,
  tensor,
} from "../../ts/index.ts";
import { CtcPrefix } from "../../ts/models/ctcPrefix.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** The chance of each text, over all paths of labels and blanks. */
function chancesOf(logProbs: ArrayLike<number>, classes: number, blank = 0): Map<string, number> {
  const frames = logProbs.length / classes;
  const texts = new Map<string, number>();
  for (let path = 0; path < classes ** frames; path += 1) {
    const labels = Array.from({ length: frames }, (_, t) => Math.floor(path / classes ** t) % classes);
    const text = labels.filter((label, t) => label !== blank && label !== labels[t - 1]).join("");
    const chance = Math.exp(labels.reduce((sum, label, t) => sum + logProbs[t * classes + label]!, 0));
    texts.set(text, (texts.get(text) ?? 0) + chance);
  }
  return texts;
}

const beginningWith = (texts: Map<string, number>, beginning: string): number =>
  [...texts].filter(([text]) => text.startsWith(beginning)).reduce((sum, [, chance]) => sum + chance, 0);

describe("CtcPrefix", () => {
  const [frames, classes, blank] = [4, 3, 0];
  const rng = new Rng(9);
  const logProbs = Float32Array.from(
    Array.from({ length: frames }, () => {
      const chances = [rng.uniform(), rng.uniform(), rng.uniform()];
      return chances.map((chance) => Math.log(chance / chances.reduce((sum, each) => sum + each)));
    }).flat(),
  );
  const texts = chancesOf(logProbs, classes, blank);

  const prefixOf = (text: string): CtcPrefix => {
    const prefix = new CtcPrefix(logProbs, classes, blank);
    for (const label of text) prefix.append(Number(label));
    return prefix;
  };

  it.each(["", "1", "2", "11", "12", "121", "212", "111"])("knows the chance of %j and of what goes on from it", (text) => {
    const prefix = prefixOf(text);
    expect(Math.exp(prefix.prefix)).toBeCloseTo(beginningWith(texts, text), 6);
    expect(Math.exp(prefix.ends())).toBeCloseTo(texts.get(text) ?? 0, 6);
    for (const label of [1, 2]) expect(Math.exp(prefix.goesOnWith(label))).toBeCloseTo(beginningWith(texts, text + label), 6);
  });

  it("goes on apart from its copy", () => {
    const [one, other] = [prefixOf("1"), prefixOf("1").copy()];
    one.append(2);
    expect(other.prefix).toBe(prefixOf("1").prefix);
    other.append(1);
    expect([one.ends(), other.ends()]).toEqual([prefixOf("12").ends(), prefixOf("11").ends()]);
  });

  it("of no frames, nothing is said", () => {
    const prefix = new CtcPrefix([], classes, blank);
    expect([prefix.prefix, prefix.ends(), prefix.goesOnWith(1)]).toEqual([0, 0, Number.NEGATIVE_INFINITY]);
  });
});

describe("SpeechRecognizer with ctcWeight", () => {
  const [blank, bos, eos] = [0, 1, 2];
  const sizes = { numMels: 3, vocabSize: 5, dModel: 8, numHeads: 2, numLayers: 1 };
  const lengths = [11, 8];

  function make(): { model: SpeechRecognizer; features: Tensor; chances: Map<string, number>[] } {
    manualSeed(3);
    const options = { strides: [2, 2], positional: rotary(), memoryPositional: sinusoidal() } as const;
    const model = new SpeechRecognizer({ ...sizes, ...options }).eval();
    for (const id of [bos, eos]) model.ctc.bias!.view()[id] = -30; // as training leaves them: no label
    const features = randn([2, 3, 11]);
    const { ctcLogProbs, outLengths } = model.forward(features, starts(), { lengths });
    expect(outLengths).toEqual([3, 2]);
    const rows = ctcLogProbs.toNested() as number[][][];
    const chances = rows.map((row, item) => chancesOf(row.slice(0, outLengths[item]).flat(), sizes.vocabSize, blank));
    return { model, features, chances };
  }
  const starts = () => tensor(Int32Array.of(bos, bos), [2, 1]);
  const column = (ids: readonly number[]) => tensor(Int32Array.from(ids), [ids.length, 1]);

  test.each([0.3, 1])("each score is the decoder's and CTC's, weight %d", (ctcWeight) => {
    scope(() => {
      const { model, features, chances } = make();
      using joint = model.decoding(features, { lengths, ctcWeight, eos });
      using alone = model.decoding(features, { lengths });
      const said = ["", ""];
      for (const ids of [
        [bos, bos],
        [3, 4],
        [4, 4],
      ]) {
        for (const [item, id] of ids.entries()) said[item] += id === bos ? "" : String(id);
        const scores = joint.step(column(ids)).toNested() as number[][];
        const logits = alone.step(column(ids)).toNested() as number[][];
        for (const [item, row] of logits.entries()) {
          const lse = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
          const whole = beginningWith(chances[item]!, said[item]!);
          for (const id of [bos, eos, 3, 4]) {
            const chance = id === eos ? (chances[item]!.get(said[item]!) ?? 0) : beginningWith(chances[item]!, said[item]! + id);
            const impossible = whole === 0 ? (id === eos ? 0 : Number.NEGATIVE_INFINITY) : Math.log(chance / whole);
            const expected = (1 - ctcWeight) * (row[id]! - lse) + ctcWeight * impossible;
            if (Number.isFinite(expected)) expect(scores[item]![id]).toBeCloseTo(expected, 4);
            else expect(scores[item]![id]).toBe(expected);
          }
          expect(scores[item]![blank]).toBe(Number.NEGATIVE_INFINITY);
        }
      }
    });
  });

  test("CTC alone writes the likeliest text, by enough beams, and the memory goes", async () => {
    const { model, features, chances } = make();
    const before = runtime.memory.used;
    const decoding = model.decoding(features, { lengths, ctcWeight: 1, eos });
    const found = await beamSearch(decoding, [[bos], [bos]], { maxNewTokens: 5, eos, numBeams: 20, lengthPenalty: 0 });
    expect(runtime.memory.used).toBe(before);
    for (const [item, [best]] of found.entries()) {
      const [text] = [...chances[item]!].reduce((a, b) => (b[1] > a[1] ? b : a));
      expect(best!.ids).toEqual([...[...text].map(Number), eos]);
    }
    features.dispose();
  });

  test("a prompt's own labels are taken up, behind its start", async () => {
    const { model, features } = make();
    const call = { lengths, ctcWeight: 0.5, eos };
    const whole = await collect(generate(model.decoding(features, call), [[bos], [bos]], { maxNewTokens: 3 }));
    const begun = whole.map(([first]) => [bos, first!]);
    const rest = await collect(generate(model.decoding(features, call), begun, { maxNewTokens: 2 }));
    expect(rest).toEqual(whole.map((ids) => ids.slice(1)));
    features.dispose();
  });

  test("refuses a weight that is none, and one without the token that ends a text", () => {
    scope(() => {
      const { model, features } = make();
      const refused = (call: object, message: string) =>
        expect(() => model.decoding(features, call)).toThrow(expect.objectContaining({ code: "RANGE", message }));
      refused({ ctcWeight: 1.5, eos }, "SpeechRecognizer: ctcWeight must be from 0 to 1, got 1.5");
      refused({ ctcWeight: 0.5 }, "SpeechRecognizer: ctcWeight needs eos, the token that ends a transcript, got none");
    });
  });
});

test("labelPositional counts the labels that CTC has spelled by each frame", () => {
  scope(() => {
    manualSeed(4);
    const sizes = { numMels: 3, vocabSize: 3, dModel: 8, numHeads: 2, numLayers: 1 };
    const model = new SpeechRecognizer({ ...sizes, strides: [1, 1], labelPositional: sinusoidal() }).eval();
    let places: number[][] = [];
    using _ = model.labelPositional!.registerForwardPreHook((_module, [, place]) => {
      places = (place as Tensor).toNested() as number[][];
    });
    const features = randn([3, 3, 16]);
    const { ctcLogProbs } = model.forward(features, tensor(Int32Array.of(1, 1, 1), [3, 1]));
    const paths = (ctcLogProbs.toNested() as number[][][]).map((item) => item.map((row) => row.indexOf(Math.max(...row))));
    const counted = paths.map((path) => path.map((_, frame) => spelledBy(path.slice(0, frame + 1)).length));
    expect(Math.max(...counted.flat())).toBeGreaterThan(2);
    expect(places).toEqual(counted);
  });

  function spelledBy(path: readonly number[]): number[] {
    return path.filter((token, frame) => token !== 0 && token !== path[frame - 1]);
  }
});
