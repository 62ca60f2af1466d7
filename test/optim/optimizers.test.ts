import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Adafactor,
  Adagrad,
  Adam,
  AdamW,
  dispose,
  init,
  Lion,
  Muon,
  manualSeed,
  multiply,
  NAdam,
  type Optimizer,
  type OptimizerState,
  RAdam,
  RMSprop,
  randn,
  runtime,
  SGD,
  scope,
  sum,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

type Made = Optimizer & { dispose(): void };
type Make = (
  params: readonly Tensor[] | { params: readonly Tensor[]; lr?: number }[],
  options?: { maximize?: boolean; lr?: number },
) => Made;

/** Each with every option that gives it more to remember. Muon takes matrices and knows no `maximize`. */
const optimizers: Record<string, Make> = {
  SGD: (params, options) => new SGD(params, { momentum: 0.9, dampening: 0.2, weightDecay: 0.1, ...options }),
  "SGD, plain": (params, options) => new SGD(params, options),
  Adam: (params, options) => new Adam(params, { amsgrad: true, weightDecay: 0.1, ...options }),
  AdamW: (params, options) => new AdamW(params, options),
  RAdam: (params, options) => new RAdam(params, { weightDecay: 0.1, decoupledWeightDecay: true, ...options }),
  NAdam: (params, options) => new NAdam(params, { weightDecay: 0.1, ...options }),
  Adagrad: (params, options) => new Adagrad(params, { initialAccumulatorValue: 0.3, lrDecay: 0.1, ...options }),
  RMSprop: (params, options) => new RMSprop(params, { centered: true, momentum: 0.5, weightDecay: 0.1, ...options }),
  Adafactor: (params, options) => new Adafactor(params, { weightDecay: 0.1, ...options }),
  Lion: (params, options) => new Lion(params, { weightDecay: 0.1, ...options }),
  Muon: (params, options) => new Muon(params, options),
};

describe.each(Object.entries(optimizers))("%s", (name, make) => {
  const shapes =
    name === "Muon"
      ? [
          [3, 5],
          [5, 2],
          [4, 4],
        ]
      : [[3, 5], [7], [2, 4, 3], []];
  const parameters = (seed = 1): Tensor[] => {
    manualSeed(seed);
    return shapes.map((shape) => randn(shape, { requiresGrad: true }));
  };
  const steps = (optimizer: Optimizer, given: readonly Tensor[], from: number, to: number, sign = 1) => {
    for (let i = from; i < to; i += 1) {
      optimizer.zeroGrad();
      manualSeed(i);
      scope(() => {
        for (const parameter of given) sum(multiply(parameter, multiply(randn(parameter.shape), tensor(sign)))).backward();
      });
      optimizer.step();
    }
  };
  const valuesOf = (tensors: readonly Tensor[]) => tensors.map((each) => [...each.view()]);

  test("saved and loaded in the middle, it goes on with the same bits", () => {
    const [whole, first] = [parameters(), parameters()];
    steps(make(whole), whole, 0, 12);
    const saved = make(first);
    steps(saved, first, 0, 5);
    const second = first.map((parameter) => tensor(parameter.toArray(), parameter.shape, { requiresGrad: true }));
    const other = make(second, { lr: 0.5 });
    other.loadStateDict(throughJson(saved.stateDict()));
    steps(other, second, 5, 12);
    expect(valuesOf(second)).toEqual(valuesOf(whole));
  });

  test("a state that does not fit changes nothing", () => {
    const [mine, others] = [parameters(), parameters(2)];
    const [optimizer, other] = [make(mine), make(others)];
    steps(optimizer, mine, 0, 3);
    steps(other, others, 0, 2);
    const before = snapshot(optimizer.stateDict());
    const good = other.stateDict();
    const [last] = [...good.tensors.keys()].slice(-1);
    const bad: OptimizerState[] = [
      { ...good, groups: [] },
      { ...good, step: -1 },
      { ...good, groups: [{ ...good.groups[0], lr: "fast" }] },
      { ...good, groups: [{ ...good.groups[0], lr: -1 }] },
      { ...good, groups: [{}] },
      ...(last ? [{ ...good, tensors: new Map([...good.tensors].filter(([key]) => key !== last)) }] : []),
      ...(last ? [{ ...good, tensors: new Map([...good.tensors, [last, tensor([1, 2, 3, 4])]]) }] : []),
    ];
    for (const state of bad) {
      expect(() => optimizer.loadStateDict(state)).toThrow(expect.objectContaining({ name: "FoveaError" }));
      expect(snapshot(optimizer.stateDict())).toEqual(before);
    }
  });

  test("each group has its own options", () => {
    const [together, apart] = [parameters(), parameters()];
    const half = { params: together.slice(1), lr: 0 };
    const optimizer = make([{ params: together.slice(0, 1), lr: 0.02 }, half], { lr: 0.5 });
    steps(optimizer, together, 0, 3);
    steps(make(apart.slice(0, 1), { lr: 0.02 }), apart.slice(0, 1), 0, 3);
    expect(valuesOf(together.slice(0, 1))).toEqual(valuesOf(apart.slice(0, 1)));
    expect(valuesOf(together.slice(1))).toEqual(valuesOf(apart.slice(1)));
  });

  // PyTorch's Muon has no such option, and neither has ours.
  if (name !== "Muon")
    test("maximize climbs where it would have descended", () => {
      const [up, down] = [parameters(), parameters()];
      steps(make(up, { maximize: true }), up, 0, 4);
      steps(make(down), down, 0, 4, -1);
      expect(valuesOf(up)).toEqual(valuesOf(down));
    });

  test("leaves alone what is frozen", () => {
    const mine = parameters();
    const optimizer = make(mine, { lr: 0.1 });
    mine[1]!.requiresGrad = false;
    const before = valuesOf(mine);
    steps(optimizer, [mine[0]!, mine[2]!], 0, 3);
    const after = valuesOf(mine);
    expect(after[1]).toEqual(before[1]);
    expect(after[0]).not.toEqual(before[0]);
    expect(after[2]).not.toEqual(before[2]);
  });

  test("frees all that it made", () => {
    const before = runtime.memory.used;
    const mine = parameters();
    const optimizer = make(mine);
    steps(optimizer, mine, 0, 2);
    const during = runtime.memory.used;
    steps(optimizer, mine, 2, 4);
    expect(runtime.memory.used).toBe(during);
    for (const view of optimizer.stateDict().tensors.values()) view.dispose();
    optimizer.dispose();
    for (const parameter of mine) parameter.dispose();
    expect(runtime.memory.used).toBe(before);
  });
});

/** The state as a file would hold it. */
function throughJson({ step, groups, tensors }: OptimizerState): OptimizerState {
  return { step, groups: JSON.parse(JSON.stringify(groups)), tensors };
}

const snapshot = ({ step, groups, tensors }: OptimizerState) => ({
  step,
  groups: groups.map((group) => ({ ...group })),
  tensors: [...tensors].map(([name, tensor]) => [name, tensor.shape, tensor.toArray()]),
});
