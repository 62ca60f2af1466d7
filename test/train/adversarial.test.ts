import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collate, DataLoader } from "../../ts/data/index.ts";
import {
  add,
  adversarial,
  classification,
  crossEntropy,
  dispose,
  evaluate,
  exp,
  fgm,
  fit,
  grad,
  Identity,
  init,
  Module,
  manualSeed,
  mean,
  multiply,
  noGrad,
  type Objective,
  pgd,
  runtime,
  scale,
  scope,
  sum,
  type Tensor,
  tensor,
  underAttack,
} from "../../ts/index.ts";
import { examples, model as newModel, optimizerOf, values } from "./task.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

/** What stands in for embeddings is given to it: `[batch, seqLen, width]`, as it is. */
class Plain extends Module {
  readonly inner = new Identity();
  forward(x: Tensor): Tensor {
    return this.inner.forward(x);
  }
}
const inner = (model: Plain) => model.inner;

const input = () =>
  tensor([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [0, -1],
      [2, 0],
    ],
  ]);
const slope = [3, 0, 0, -4]; // of each item's loss

/** The mean over items of a linear function of each. */
const linear: Objective<Plain, Tensor> = (model, x) =>
  mean(sum(multiply(model.forward(x), tensor(slope, [1, 2, 2])), { axis: [1, 2] }));

const lossOf = <M, B>(objective: Objective<M, B>, model: M, batch: B): number =>
  scope(() => {
    const outcome = objective(model, batch);
    return ("loss" in outcome ? outcome.loss : outcome).item();
  });

/** What an attack adds to the output of the plain model's inner module, for each item. */
function added(attack: ReturnType<typeof fgm>, objective: Objective<Plain, Tensor> = linear): number[][] {
  return scope(() => {
    let last: ArrayLike<number> = [];
    const watched: Objective<Plain, Tensor> = (model, x) => {
      using _hook = model.registerForwardHook((_module, _inputs, out) => {
        last = out.toArray();
      });
      return objective(model, x);
    };
    const x = input();
    underAttack(watched, { attack, at: inner })(new Plain(), x);
    return [0, 1].map((item) => [0, 1, 2, 3].map((i) => last[4 * item + i]! - x.view()[4 * item + i]!));
  });
}

describe("what is added", () => {
  test("by one step of FGM is ε · g / ‖g‖ for each item, or ε by its signs", () => {
    for (const item of added(fgm({ epsilon: 0.5 })))
      item.forEach((value, i) => void expect(value).toBeCloseTo((0.5 * slope[i]!) / 5, 6));
    for (const item of added(fgm({ epsilon: 0.5, norm: Infinity }))) expect(item).toEqual([0.5, 0, 0, -0.5]);
  });

  test("raises a linear loss by ε times the dual norm of its slope, however many steps are taken", () => {
    const model = new Plain();
    scope(() => {
      const x = input();
      const clean = lossOf(linear, model, x);
      for (const attack of [fgm({ epsilon: 0.5 }), pgd({ epsilon: 0.5, steps: 6 })])
        expect(lossOf(underAttack(linear, { attack, at: inner }), model, x) - clean).toBeCloseTo(0.5 * 5, 5);
      const signs = pgd({ epsilon: 0.5, steps: 6, norm: Infinity });
      expect(lossOf(underAttack(linear, { attack: signs, at: inner }), model, x) - clean).toBeCloseTo(0.5 * 7, 5);
    });
  });

  test.each([2, Infinity])("by PGD stays in the ball, norm %s, and finds more than one step where the loss bends", (norm) => {
    const bent: Objective<Plain, Tensor> = (model, x) => mean(sum(exp(model.forward(x)), { axis: [1, 2] }));
    const model = new Plain();
    const raised = (attack: ReturnType<typeof fgm>): number =>
      scope(() => lossOf(underAttack(bent, { attack, at: inner }), model, input()) - lossOf(bent, model, input()));
    const epsilon = 0.75;
    for (const randomStart of [false, true]) {
      manualSeed(1);
      const attack = pgd({ epsilon, norm, steps: 20, stepSize: 0.2, randomStart });
      for (const item of added(attack, bent)) {
        const size = norm === 2 ? Math.hypot(...item) : Math.max(...item.map(Math.abs));
        expect(size).toBeLessThan(epsilon * 1.000001);
        expect(size).toBeGreaterThan(epsilon * 0.99); // the loss rises in every direction
      }
      const [once, often] = [raised(fgm({ epsilon, norm })), raised(attack)];
      if (norm === 2) expect(often).toBeGreaterThan(1.001 * once);
      else expect(often).toBeCloseTo(once, 4); // the corner, which signs find at once
    }
  });

  test("at each call of a module that is called twice", () => {
    const twice: Objective<Plain, Tensor> = (model, x) => {
      const [first, second] = [model.forward(x), model.forward(scale(x, 2))];
      return mean(sum(multiply(add(first, scale(second, 10)), tensor(slope, [1, 2, 2])), { axis: [1, 2] }));
    };
    scope(() => {
      const [model, x] = [new Plain(), input()];
      const attack = fgm({ epsilon: 1 });
      const raised = lossOf(underAttack(twice, { attack, at: inner }), model, x) - lossOf(twice, model, x);
      expect(raised).toBeCloseTo(5 + 50, 4);
    });
  });

  test("is nothing where nobody looks: padding gets no share of a random start", () => {
    using model = newModel();
    scope(() => {
      const batch = collate(examples(6));
      const outputs: ArrayLike<number>[] = []; // of the embeddings with their positions, as dropout gets them: without the attack first, with it last
      using _hook = model.dropout.registerForwardPreHook((_module, [x]) => void outputs.push((x as Tensor).toArray()));
      const attack = pgd({ epsilon: 2, steps: 2, randomStart: true });
      const at = (learner: typeof model) => learner.embedding;
      underAttack(classification(), { attack, at })(model.eval(), batch);
      const [first, last] = [outputs[0]!, outputs.at(-1)!];
      const seqLen = batch.ids.shape[1]!;
      const width = model.embedding.weight.shape[1]!;
      batch.lengths.forEach((length, item) => {
        const moved = Array.from(
          { length: seqLen * width },
          (_, i) => last[item * seqLen * width + i]! - first[item * seqLen * width + i]!,
        );
        expect(moved.slice(length * width).every((value) => value === 0)).toBe(true);
        expect(Math.hypot(...moved)).toBeCloseTo(2, 3);
      });
    });
  });
});

describe("a training", () => {
  const at = (model: ReturnType<typeof newModel>) => model.embedding;

  test("has the gradients of both losses in their shares, and no others: parameters and grads are untouched", () => {
    using model = newModel();
    const before = values(model);
    scope(() => {
      const batch = collate(examples(8));
      const attack = pgd({ epsilon: 1, steps: 2 });
      const shares = (clean: number): number[][] => {
        const outcome = adversarial(classification(), { at, attack, clean })(model, batch);
        expect(model.parameters().every((parameter) => parameter.grad === null)).toBe(true);
        const loss = "loss" in outcome ? outcome.loss : outcome;
        return grad(loss, model.parameters()).map((gradient) => [...gradient.view()]);
      };
      const own = grad(crossEntropy(model.forward(batch.ids, { lengths: batch.lengths }), batch.labels), model.parameters());
      const [attacked, mixed] = [shares(0), shares(0.25)];
      own.forEach((gradient, parameter) => {
        gradient.view().forEach((value, i) => {
          expect(mixed[parameter]![i]).toBeCloseTo(0.25 * value + 0.75 * attacked[parameter]![i]!, 5);
        });
      });
      expect(attacked.flat()).not.toEqual(own.flatMap((gradient) => [...gradient.view()]));
    });
    expect(values(model)).toEqual(before);
  });

  test("attacks what is trained, not what is evaluated", async () => {
    using model = newModel();
    const loader = () => new DataLoader(examples(16), { batchSize: 8, collate: (items) => collate(items) });
    const objective = adversarial(classification(), { at, attack: fgm({ epsilon: 1 }) });
    const plain = await evaluate(model, loader(), { objective: classification() });
    expect(await evaluate(model, loader(), { objective })).toEqual(plain);
    const attacked = await evaluate(model, loader(), {
      objective: underAttack(classification(), { at, attack: fgm({ epsilon: 1 }) }),
    });
    expect(attacked.loss).toBeGreaterThan(plain.loss);
    expect(model.training).toBe(true);
  });

  test("gives the same bits for the same seed, keeps no memory, and no hook", async () => {
    const train = async (): Promise<number[]> => {
      using model = newModel({ dropout: 0.1 });
      const attack = pgd({ epsilon: 0.5, steps: 2, randomStart: true });
      const used: number[] = [];
      await fit(
        model,
        new DataLoader(examples(16), {
          batchSize: 8,
          seed: 1,
          collate: (items) => collate(items, { padTo: "maxLen", maxLen: 9 }),
        }),
        {
          ...{ objective: adversarial(classification(), { at, attack }), optimizer: optimizerOf(model), epochs: 4, seed: 3 },
          onEpoch: () => void used.push(runtime.memory.used),
        },
      );
      expect(new Set(used).size).toBe(1);
      expect(Object.hasOwn(model.embedding, "forward")).toBe(false);
      return values(model);
    };
    expect(await train()).toEqual(await train());
  });

  test("leaves a model less easily fooled than a plain one", async () => {
    const accuracies: number[] = [];
    for (const objective of [classification(), adversarial(classification(), { at, attack: fgm({ epsilon: 1.5 }) })]) {
      using model = newModel();
      model.embedding.requiresGrad(false); // longer embeddings would do as well
      const loader = (seed?: number) =>
        new DataLoader(examples(128), { batchSize: 16, seed, collate: (items) => collate(items) });
      await fit(model, loader(1), { objective, optimizer: optimizerOf(model), epochs: 25, seed: 1 });
      const attack = pgd({ epsilon: 1.5, steps: 8 });
      const robust = await evaluate(model, loader(), { objective: underAttack(classification(), { at, attack }) });
      accuracies.push(robust.accuracy);
    }
    expect(accuracies[1]).toBeGreaterThan(accuracies[0]! + 0.1); // 80 % and 98 %
  });
});

describe("what does not fit", () => {
  const attack = fgm({ epsilon: 1 });
  const refused = (call: () => unknown, code: string, message: string): void =>
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));

  test("is refused, with what was got", () => {
    refused(() => fgm({ epsilon: -1 }), "RANGE", "fgm: epsilon must be a number of at least 0, got -1");
    refused(() => pgd({ epsilon: 1, steps: 0 }), "RANGE", "pgd: steps must be a whole number of at least 1, got 0");
    refused(() => pgd({ epsilon: 1, stepSize: Number.NaN }), "RANGE", "got NaN");
    refused(() => fgm({ epsilon: 1, norm: 1 }), "RANGE", "norm must be 2 or Infinity, got 1");
    refused(() => adversarial(linear, { attack, at: inner, clean: 1 }), "RANGE", "got 1");
  });

  test("leaves no hook behind", () => {
    scope(() => {
      const [model, other] = [new Plain(), new Plain()];
      refused(() => underAttack(linear, { attack, at: () => other })(model, input()), "STATE", "one it does not call");
      const { used } = runtime.memory;
      const wrong: Objective<Plain, Tensor> = (given, x) => {
        given.forward(x);
        throw new RangeError("wrong");
      };
      for (const objective of [adversarial(wrong, { attack, at: inner }), underAttack(wrong, { attack, at: inner })])
        expect(() => scope(() => objective(model, input()))).toThrow("wrong");
      expect(Object.hasOwn(model.inner, "forward")).toBe(false);
      expect(runtime.memory.used).toBe(used);
    });
  });

  test("a flat loss is left where it is", () => {
    const flat: Objective<Plain, Tensor> = (model, x) => mean(scale(model.forward(x), 0));
    scope(() => {
      for (const randomStart of [false, true]) {
        const loss = noGrad(() =>
          lossOf(underAttack(flat, { attack: pgd({ epsilon: 1, randomStart }), at: inner }), new Plain(), input()),
        );
        expect(Math.abs(loss)).toBe(0);
      }
    });
  });
});
