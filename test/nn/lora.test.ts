import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AdamW,
  applyLoRA,
  crossEntropy,
  dispose,
  init,
  Linear,
  loadLoRAStateDict,
  loadSafetensors,
  loraStateDict,
  manualSeed,
  mergeLoRA,
  randn,
  runtime,
  SequenceClassifier,
  saveSafetensors,
  scope,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

function model(): SequenceClassifier {
  manualSeed(1);
  const sizes = { vocabSize: 11, numClasses: 2, dModel: 12, numHeads: 2, numLayers: 2, dimFeedforward: 20, dropout: 0 };
  return new SequenceClassifier(sizes);
}

const ids = () => tensor(Int32Array.from([1, 2, 3, 4, 5, 6]), [2, 3]);
const logits = (learner: SequenceClassifier) => scope(() => [...learner.forward(ids()).view()]);

function train(learner: SequenceClassifier, steps: number): void {
  const optimizer = new AdamW(learner.parameters(), { lr: 0.02 });
  for (let i = 0; i < steps; i += 1) {
    optimizer.zeroGrad();
    scope(() => crossEntropy(learner.forward(ids()), tensor(Int32Array.from([0, 1]), [2])).backward());
    optimizer.step();
  }
}

test("at first it changes nothing; then only what was added, and what was asked for, is trained", () => {
  const learner = model();
  const before = logits(learner);
  const frozen = new Map([...learner.stateDict()].map(([name, tensor]) => [name, tensor.toArray()]));
  const names = applyLoRA(learner, { rank: 3, pattern: /linear|out_proj/, train: /^classifier/ });
  expect(names).toEqual(
    [0, 1].flatMap((i) => ["self_attn.out_proj", "linear1", "linear2"].map((name) => `encoder.layers.${i}.${name}`)),
  );
  expect(logits(learner)).toEqual(before);
  train(learner, 5);
  expect(logits(learner)).not.toEqual(before);
  for (const [name, tensor] of learner.stateDict()) {
    if (name.includes(".lora."))
      expect(
        tensor.view().some((value) => value !== 0),
        name,
      ).toBe(true);
    else if (name.startsWith("classifier")) expect(tensor.toArray(), name).not.toEqual(frozen.get(name));
    else expect(tensor.toArray(), name).toEqual(frozen.get(name));
  }
});

test("merged it computes the same, in a model of the first shape", () => {
  const learner = model();
  const keys = [...learner.stateDict().keys()];
  applyLoRA(learner, { rank: 2, alpha: 3 });
  train(learner, 5);
  const before = logits(learner);
  mergeLoRA(learner);
  expect([...learner.stateDict().keys()]).toEqual(keys);
  logits(learner).forEach((value, i) => {
    expect(value).toBeCloseTo(before[i]!, 5);
  });
});

test("saved alone, in few bytes and under PEFT's names, and loaded into another", () => {
  const [first, second] = [model(), model()];
  for (const learner of [first, second]) applyLoRA(learner, { pattern: /linear1/, rank: 2 });
  train(first, 4);
  const bytes = saveSafetensors(loraStateDict(first));
  expect([...loraStateDict(first)].map(([name, { shape }]) => [name, shape]).slice(0, 2)).toEqual([
    ["encoder.layers.0.linear1.lora_A.weight", [2, 12]],
    ["encoder.layers.0.linear1.lora_B.weight", [20, 2]],
  ]);
  scope(() => loadLoRAStateDict(second, loadSafetensors(bytes)));
  expect(logits(second)).toEqual(logits(first));
});

test("fused activations come after it", () => {
  manualSeed(4);
  const x = randn([5, 3]);
  const plain = new Linear(3, 4);
  const adapted = new Linear(3, 4);
  adapted.loadStateDict(plain.stateDict());
  applyLoRA(adapted, { rank: 1 });
  for (const activation of [undefined, "relu", "gelu", "geluTanh"] as const)
    scope(() => {
      const [expected, got] = [plain.forward(x, { activation }), adapted.forward(x, { activation })];
      got.view().forEach((value, i) => {
        expect(value).toBeCloseTo(expected.view()[i]!, 6);
      });
    });
});

describe("what does not fit is refused, and nothing is changed", () => {
  test.each([
    ["no layer of that name", { pattern: /attention_is/ }],
    ["a rank of 0", { rank: 0 }],
    ["a probability above 1", { dropout: 2 }],
  ])("%s", (_, options) => {
    const learner = model();
    expect(() => applyLoRA(learner, options)).toThrow(expect.objectContaining({ code: "RANGE" }));
    expect(learner.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  test("twice, and a state with a layer too few", () => {
    const learner = model();
    applyLoRA(learner, { rank: 2 });
    expect(() => applyLoRA(learner)).toThrow(expect.objectContaining({ code: "RANGE" }));
    const state = loraStateDict(learner);
    state.delete("classifier.lora_B.weight");
    expect(() => loadLoRAStateDict(learner, state)).toThrow(expect.objectContaining({ code: "STATE" }));
  });
});

test("merging leaves no memory behind", () => {
  const learner = model();
  const before = runtime.memory.used;
  applyLoRA(learner);
  mergeLoRA(learner);
  expect(runtime.memory.used).toBe(before);
});
