import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AdamW,
  crossEntropy,
  dispose,
  GRU,
  GRUCell,
  init,
  keepAlive,
  Linear,
  LSTM,
  LSTMCell,
  manualSeed,
  noGrad,
  RNN,
  RNNCell,
  type RNNOptions,
  randn,
  runtime,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 2 }));
afterAll(() => dispose());

const kinds = { LSTM, GRU, RNN };
type Any = InstanceType<(typeof kinds)[keyof typeof kinds]>;
const make = (kind: string, inputSize: number, hiddenSize: number, options: RNNOptions = {}): Any =>
  new kinds[kind as keyof typeof kinds](inputSize, hiddenSize, options);

const values = (tensor: Tensor): number[] => [...tensor.view()];

/** Products of other sizes are summed in another order: a few units of the last place, and some more after a few steps. */
function expectClose(ours: readonly number[], theirs: readonly number[], what = ""): void {
  expect(ours.length, what).toBe(theirs.length);
  ours.forEach((value, i) => {
    if (!(Math.abs(value - theirs[i]!) <= 1e-6)) expect.fail(`${what}[${i}] is ${value}, expected ${theirs[i]}`);
  });
}

const [inputSize, hiddenSize, seqLen] = [5, 7, 6];
const lengths = [4, 6, 0, 1];
const batch = lengths.length;
const options = { numLayers: 2, bidirectional: true };

describe.each(Object.keys(kinds))("%s", (kind) => {
  /** Results and gradients for `x [batch, seqLen, inputSize]`. */
  function run(x: Tensor, lengths: readonly number[] | null) {
    manualSeed(2);
    const module = make(kind, inputSize, hiddenSize, options);
    const results: { out: Tensor; hn: Tensor; cn?: Tensor } = module.forward(x, { lengths });
    sum(results.out).backward();
    return { ...results, dX: x.grad!, parameters: module.parameters().map(({ grad }) => grad!) };
  }

  test("a padded batch equals its items one by one, whatever the padding holds", () => {
    scope(() => {
      manualSeed(1);
      const x = randn([batch, seqLen, inputSize], { requiresGrad: true });
      const steps = x.toNested() as number[][][];
      lengths.forEach((length, item) => {
        x.view().fill(Number.NaN, (item * seqLen + length) * inputSize, (item + 1) * seqLen * inputSize);
      });
      const whole = run(x, lengths);
      const parameters = whole.parameters.map(({ length }) => Array<number>(length).fill(0));
      lengths.forEach((length, item) => {
        const own = tensor(Float32Array.from(steps[item]!.slice(0, length).flat()), [1, length, inputSize], {
          requiresGrad: true,
        });
        const alone = run(own, null);
        const width = 2 * hiddenSize;
        const padding = Array<number>((seqLen - length) * width).fill(0);
        const ofItem = (t: Tensor, size: number) => values(t).slice(item * size, (item + 1) * size);
        expectClose(ofItem(whole.out, seqLen * width), [...values(alone.out), ...padding], "out");
        const noGradient = Array<number>((seqLen - length) * inputSize).fill(0);
        expectClose(ofItem(whole.dX, seqLen * inputSize), [...values(alone.dX), ...noGradient], "dX");
        const finals = (t: Tensor) => (t.toNested() as number[][][]).flatMap((layer) => layer[t.shape[1] === 1 ? 0 : item]!);
        expectClose(finals(whole.hn), finals(alone.hn), "hn");
        if (whole.cn && alone.cn) expectClose(finals(whole.cn), finals(alone.cn), "cn");
        alone.parameters.forEach((grad, i) => {
          for (const [j, value] of grad.view().entries()) parameters[i]![j]! += value;
        });
      });
      whole.parameters.forEach((grad, i) => {
        values(grad).forEach((value, j) => {
          expect(Math.abs(value - parameters[i]![j]!), `parameter ${i}[${j}]`).toBeLessThan(1e-5);
        });
      });
    });
  });

  test("an item of no steps keeps the states it came with", () => {
    scope(() => {
      const module = make(kind, inputSize, hiddenSize);
      const h0 = randn([1, 2, hiddenSize], { requiresGrad: true });
      const { out, hn } = module.forward(randn([2, 3, inputSize]), { lengths: [0, 0], h0 });
      expect(values(hn)).toEqual(values(h0));
      expect(values(out).every((value) => value === 0)).toBe(true);
      sum(hn).backward();
      expect(values(h0.grad!).every((value) => value === 1)).toBe(true);
    });
  });

  test("step after step gives what the whole sequence gives", () => {
    scope(() => {
      const module = make(kind, inputSize, hiddenSize, { numLayers: 2 });
      const x = randn([3, seqLen, inputSize]);
      const whole = module.forward(x);
      const steps = whole.out.toNested() as number[][][];
      const inputs = x.toNested() as number[][][];
      let states: { h0?: Tensor; c0?: Tensor } = {};
      for (let step = 0; step < seqLen; step += 1) {
        const x = tensor(inputs.map((item) => item[step]!));
        const { out, hn, cn }: { out: Tensor; hn: Tensor; cn?: Tensor } = module.step(x, states);
        expectClose(
          values(out),
          steps.flatMap((item) => item[step]!),
          `step ${step}`,
        );
        states = { h0: hn, ...(cn && { c0: cn }) };
      }
      expectClose(values(states.h0!), values(whole.hn), "hn");
    });
  });

  test("without gradients the results are the same and nothing is saved", () => {
    scope(() => {
      const module = make(kind, inputSize, hiddenSize, options);
      const x = randn([batch, seqLen, inputSize]);
      const used = () => runtime.memory.used;
      const start = used();
      const recorded = module.forward(x, { lengths });
      const kept = used() - start;
      const plain = noGrad(() => module.forward(x, { lengths }));
      expect(values(plain.out)).toEqual(values(recorded.out));
      expect(used() - start - kept).toBeLessThan(kept / 2);
    });
  });

  test("dropout is between layers and in training alone", () => {
    scope(() => {
      manualSeed(4);
      const module = make(kind, inputSize, hiddenSize, { numLayers: 2, dropout: 0.5 });
      const x = randn([2, seqLen, inputSize]);
      const [a, b] = [module.forward(x), module.forward(x)];
      const first = (hn: Tensor) => values(hn).slice(0, 2 * hiddenSize);
      expect(first(a.hn)).toEqual(first(b.hn)); // the first layer's states
      expect(values(a.out)).not.toEqual(values(b.out));
      module.eval();
      expect(values(module.forward(x).out)).toEqual(values(module.forward(x).out));
    });
  });

  test("no batch, no steps", () => {
    scope(() => {
      const module = make(kind, inputSize, hiddenSize, options);
      const none = module.forward(randn([0, 4, inputSize]));
      expect([none.out.shape, none.hn.shape]).toEqual([
        [0, 4, 2 * hiddenSize],
        [4, 0, hiddenSize],
      ]);
      const x = randn([3, 0, inputSize], { requiresGrad: true });
      const still = module.forward(x);
      expect([still.out.shape, still.hn.shape]).toEqual([
        [3, 0, 2 * hiddenSize],
        [4, 3, hiddenSize],
      ]);
      sum(still.hn).backward();
      for (const { grad } of module.parameters()) expect(values(grad!).every((value) => value === 0)).toBe(true);
    });
  });

  test("it learns to tell what stood at the first step", () => {
    manualSeed(5);
    const module = make(kind, 3, 16);
    const head = new Linear(16, 2);
    const parameters = [...module.parameters(), ...head.parameters()];
    const optimizer = new AdamW(parameters, { lr: 0.02 });
    const items = Array.from({ length: 32 }, (_, i) => ({ label: i % 2, length: 3 + (i % 5) }));
    const [x, labels] = keepAlive([
      randn([32, 7, 3]),
      tensor(
        items.map(({ label }) => label),
        { dtype: "int32" },
      ),
    ]);
    items.forEach(({ label }, item) => {
      x!.view()[item * 21] = 2 * label - 1;
    });
    const lengths = items.map(({ length }) => length);
    let before = 0;
    const losses = Array.from({ length: 80 }, (_, step) => {
      const loss = scope(() => {
        const { hn } = module.forward(x!, { lengths });
        const loss = crossEntropy(head.forward(hn.reshape([32, 16])), labels!);
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.item();
      });
      if (step === 1) before = runtime.memory.used;
      if (step > 1) expect(runtime.memory.used, `bytes after step ${step}`).toBe(before);
      return loss;
    });
    expect(losses[0]).toBeGreaterThan(0.5);
    expect(losses.at(-1)).toBeLessThan(0.05);
    for (const each of [x!, labels!, optimizer, module, head]) each.dispose();
  });
});

test("keys and initial values are PyTorch's", () => {
  scope(() => {
    const lstm = new LSTM(3, 4, { numLayers: 2, bidirectional: true });
    const shapes = Object.fromEntries([...lstm.stateDict()].map(([name, { shape }]) => [name, shape]));
    const layer = (suffix: string, width: number) => ({
      [`weight_ih_${suffix}`]: [16, width],
      [`weight_hh_${suffix}`]: [16, 4],
      [`bias_ih_${suffix}`]: [16],
      [`bias_hh_${suffix}`]: [16],
    });
    const expected = { ...layer("l0", 3), ...layer("l0_reverse", 3), ...layer("l1", 8), ...layer("l1_reverse", 8) };
    expect(Object.entries(shapes)).toEqual(Object.entries(expected)); // in this order
    for (const [name, parameter] of lstm.stateDict()) {
      const largest = Math.max(...values(parameter).map(Math.abs));
      expect(largest, name).toBeLessThanOrEqual(0.5);
      expect(largest, name).toBeGreaterThan(0.35);
    }
    expect([...new GRU(3, 4, { bias: false }).stateDict().keys()]).toEqual(["weight_ih_l0", "weight_hh_l0"]);
    expect([...new LSTMCell(3, 4).stateDict().keys()]).toEqual(["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
  });
});

test("cells do one step of their layers", () => {
  scope(() => {
    const x = randn([3, inputSize]);
    const [h, c] = [randn([3, hiddenSize]), randn([3, hiddenSize])];
    const asStates = { h0: h.reshape([1, 3, hiddenSize]), c0: c.reshape([1, 3, hiddenSize]) };
    const { h0 } = asStates;
    /** The layer's parameters under the cell's names. */
    const share = <C extends LSTMCell | GRUCell | RNNCell>(cell: C, layer: Any): C => {
      cell.loadStateDict(new Map([...layer.stateDict()].map(([name, parameter]) => [name.replace("_l0", ""), parameter])));
      return cell;
    };
    const lstm = new LSTM(inputSize, hiddenSize);
    const state = share(new LSTMCell(inputSize, hiddenSize), lstm).forward(x, { h, c });
    const step = lstm.step(x, asStates);
    expect([values(state.h), values(state.c)]).toEqual([values(step.hn), values(step.cn)]);
    const gru = new GRU(inputSize, hiddenSize);
    expect(values(share(new GRUCell(inputSize, hiddenSize), gru).forward(x, { h }).h)).toEqual(values(gru.step(x, { h0 }).hn));
    const options = { nonlinearity: "relu" } as const;
    const rnn = new RNN(inputSize, hiddenSize, options);
    const cell = share(new RNNCell(inputSize, hiddenSize, options), rnn);
    expect(values(cell.forward(x).h)).toEqual(values(rnn.step(x).hn));
  });
});

describe("what does not fit is refused", () => {
  const refused: Record<string, [call: (lstm: LSTM, x: Tensor) => unknown, code: string]> = {
    "two axes": [(lstm, x) => lstm.forward(x.reshape([8, 3])), "RANK"],
    "another width": [(lstm) => lstm.forward(randn([2, 4, 5])), "SHAPE"],
    int32: [(lstm) => lstm.forward(tensor(new Int32Array(24), [2, 4, 3])), "DTYPE"],
    "lengths of another batch": [(lstm, x) => lstm.forward(x, { lengths: [1, 2, 3] }), "MASK"],
    "a length beyond the sequence": [(lstm, x) => lstm.forward(x, { lengths: [1, 5] }), "RANGE"],
    "states of one layer for two": [(lstm, x) => lstm.forward(x, { h0: randn([1, 2, 4]) }), "SHAPE"],
    "cells of another width": [(lstm, x) => lstm.forward(x, { c0: randn([2, 2, 5]) }), "SHAPE"],
    "a step of three axes": [(lstm, x) => lstm.step(x), "RANK"],
    "a step of both directions": [() => new LSTM(3, 4, { bidirectional: true }).step(randn([2, 3])), "RANGE"],
    "no width": [() => new LSTM(3, 0), "RANGE"],
    "no layers": [() => new GRU(3, 4, { numLayers: 0 }), "RANGE"],
    "dropout above 1": [() => new GRU(3, 4, { dropout: 1.5 }), "RANGE"],
    "another nonlinearity": [() => new RNN(3, 4, { nonlinearity: "gelu" as "tanh" }), "RANGE"],
    "what was freed": [
      (lstm, x) => {
        x.dispose();
        return lstm.forward(x);
      },
      "DISPOSED",
    ],
  };
  test.each(Object.entries(refused))("%s", (_, [call, code]) => {
    scope(() => {
      const lstm = new LSTM(3, 4, { numLayers: 2 });
      const x = randn([2, 4, 3]);
      expect(() => call(lstm, x)).toThrow(expect.objectContaining({ code }));
    });
  });
});
