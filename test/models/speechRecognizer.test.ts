import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  add,
  collect,
  crossEntropy,
  ctcLoss,
  dispose,
  generate,
  init,
  manualSeed,
  SpeechRecognizer,
  scope,
  type Tensor,
  tensor,
} from "../../ts/index.ts";
import { random } from "../harness/random.ts";
import { batch, int32, learn, sizes } from "./learn.ts";

beforeAll(() => init());
afterAll(() => dispose());

let rng = random(3);
beforeEach(() => {
  rng = random(3);
});

describe("SpeechRecognizer", () => {
  /** Six frames a letter, one band of it loud, then a silent one. */
  function spoken(): { features: Tensor; lengths: number[]; words: number[][] } {
    const words = Array.from({ length: batch }, () => Array.from({ length: 1 + rng.below(2) }, () => 2 + rng.below(4)));
    const frames = 14;
    const values = words.flatMap((word) =>
      Array.from({ length: 4 * frames }, (_, at) => {
        const [band, frame] = [Math.floor(at / frames), at % frames];
        const letter = frame % 7 < 6 ? word[Math.floor(frame / 7)] : undefined;
        return 0.3 * rng.normal() + (letter === band + 2 ? 2 : 0);
      }),
    );
    const lengths = words.map((word) => 7 * word.length);
    return { features: tensor(Float32Array.from(values), [batch, 4, frames]), lengths, words };
  }

  test("learns to spell, frame by frame and letter by letter", async () => {
    manualSeed(6);
    const model = new SpeechRecognizer({ ...sizes, numMels: 4, vocabSize: 7 });
    const losses = learn(model, { steps: 150, lr: 5e-3 }, () => {
      const { features, lengths, words } = spoken();
      const padded = (word: number[], fill: number) => [...word, ...Array(2 - word.length).fill(fill)];
      const tgt = int32(words.map((word) => [1, ...padded(word, 6)]));
      const { ctcLogProbs, outLengths, logits } = model.forward(features, tgt, { lengths });
      const labels = int32(words.map((word) => [...word, 6, ...Array(2 - word.length).fill(-100)]));
      const targets = int32(words.map((word) => padded(word, 1)));
      const ctc = ctcLoss(ctcLogProbs, targets, {
        inputLengths: outLengths,
        targetLengths: words.map(({ length }) => length),
      });
      return add(ctc, crossEntropy(logits, labels));
    });
    expect(losses).toHaveLength(150);
    const { features, lengths, words } = spoken();
    const right = (texts: number[][]) => texts.filter((text, b) => String(text) === String(words[b])).length / batch;
    expect(right(model.transcribe(features, { lengths }))).toBeGreaterThan(0.8);
    const starts = words.map(() => [1]);
    const written = await collect(generate(model.decoding(features, { lengths }), starts, { maxNewTokens: 4, eos: 6 }));
    expect(right(written.map((text) => text.filter((id) => id !== 6)))).toBeGreaterThan(0.8);
    features.dispose();
  });

  test.each([[1, 2] as const, [2, 2] as const, [2, 1] as const])(
    "what stands beside a recording makes no difference: strides %i, %i",
    (...strides) => {
      manualSeed(8);
      const model = new SpeechRecognizer({ ...sizes, numMels: 4, vocabSize: 7, strides }).eval();
      scope(() => {
        for (const length of [3, 4, 5, 6, 7]) {
          const values = Array.from({ length: 4 * 9 }, (_, at) => (at % 9 < length ? rng.normal() : 5)); // what is behind the end is not heard
          const padded = tensor(Float32Array.from([...values, ...values.map(() => rng.normal())]), [2, 4, 9]);
          const own = values.filter((_, at) => at % 9 < length);
          const [alone, beside] = [
            model.forward(tensor(Float32Array.from(own), [1, 4, length]), int32([[1, 2]])),
            model.forward(
              padded,
              int32([
                [1, 2],
                [1, 3],
              ]),
              { lengths: [length, 9] },
            ),
          ];
          expect(beside.outLengths[0]).toBe(alone.outLengths[0]);
          for (const name of ["ctcLogProbs", "logits"] as const) {
            const [a, b] = [alone[name].view(), beside[name].view()];
            expect(Math.max(...Array.from(a, (value, at) => Math.abs(value - b[at]!)))).toBeLessThan(2e-6); // at most 5e-7 on 2026-11-28
          }
        }
      });
    },
  );

  test("refuses features of other bands", () => {
    scope(() => {
      const model = new SpeechRecognizer({ ...sizes, numMels: 4, vocabSize: 7 });
      expect(() => model.forward(tensor(new Float32Array(15), [1, 3, 5]), int32([[1]]))).toThrow(
        expect.objectContaining({ code: "SHAPE", message: "SpeechEncoder: features must be [1, 4, 5], got [1, 3, 5]" }),
      );
      expect(() => model.forward(tensor(new Float32Array(20), [1, 4, 5]), int32([[9]]))).toThrow(
        expect.objectContaining({ code: "RANGE" }),
      );
    });
  });
});
