import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  GELU,
  Identity,
  init,
  LayerNorm,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  randn,
  runtime,
  Sequential,
  scope,
  sum,
  type Tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const keys = (module: Module) => [...module.stateDict().keys()];

describe("Sequential", () => {
  test("is its layers one after the other, with PyTorch's keys", () => {
    scope(() => {
      const [first, second] = [new Linear(3, 5), new Linear(5, 2, { bias: false })];
      const model = new Sequential(first, new GELU(), new Identity(), second);
      const x = randn([4, 3]);
      expect(model.forward(x).toArray()).toEqual(second.forward(first.forward(x, { activation: "gelu" })).toArray());
      expect(keys(model)).toEqual(["0.weight", "0.bias", "3.weight"]);
      sum(model.forward(x)).backward();
      expect(first.weight.grad!.shape).toEqual([5, 3]);
      expect([...model].length).toBe(4);
      expect(model.at(-1)).toBe(second);
    });
  });

  test("gives x itself if it is empty, and leaves nothing behind but its result", () => {
    const x = randn([4, 3]);
    expect(new Sequential().forward(x)).toBe(x);
    expect(new Sequential(new Identity()).forward(x)).toBe(x);
    const model = new Sequential(new Linear(3, 3), new LayerNorm(3), new GELU());
    const before = runtime.memory.used;
    model.forward(x).dispose();
    expect(runtime.memory.used).toBe(before);
  });

  test("can be nested, and passes train and eval on", () => {
    const model = new Sequential(new Sequential(new Linear(3, 3)), new Linear(3, 1));
    expect(keys(model)).toEqual(["0.0.weight", "0.0.bias", "1.weight", "1.bias"]);
    expect(
      model
        .eval()
        .modules()
        .map(({ training }) => training),
    ).toEqual(Array(4).fill(false));
  });
});

class Owner extends Module {
  readonly blocks = new ModuleList([new Linear(2, 2, { bias: false })]);
  readonly byTask = new ModuleDict({ sentimentScore: new Linear(2, 1, { bias: false }) });
  forward(x: Tensor): Tensor {
    return x;
  }
}

test("ModuleList and ModuleDict name what is in them, also what was added later", () => {
  const owner = new Owner();
  owner.blocks.append(new Linear(2, 2, { bias: false }));
  owner.byTask.set("topic", new Linear(2, 4, { bias: false }));
  expect(keys(owner)).toEqual([
    ...["blocks.0.weight", "blocks.1.weight"],
    ...["by_task.sentimentScore.weight", "by_task.topic.weight"], // names of the caller's stay as they are
  ]);
  expect(owner.blocks.length).toBe(2);
  expect(owner.byTask.has("topic") && !owner.byTask.has("topics")).toBe(true);
  expect(owner.byTask.get("topic").weight.shape).toEqual([4, 2]);
});

test("what does not fit is refused", () => {
  const { blocks, byTask } = new Owner();
  const refused: [() => unknown, string, string][] = [
    [() => blocks.at(1), "RANGE", "ModuleList: index must be from -1 to 0, got 1"],
    [() => blocks.at(0.5), "RANGE", "ModuleList: index must be from -1 to 0, got 0.5"],
    [() => blocks.forward(), "UNSUPPORTED", "ModuleList: has no forward of its own; call the modules in it"],
    [() => byTask.forward(), "UNSUPPORTED", "ModuleDict: has no forward of its own; call the modules in it"],
    [() => byTask.get("topic"), "RANGE", 'ModuleDict: name must be one of "sentimentScore", got "topic"'],
    [() => byTask.set("a.b", new Linear(2, 2)), "RANGE", 'ModuleDict: a name must not be empty or hold a dot, got "a.b"'],
    [() => new ModuleDict({ "": new Identity() }), "RANGE", 'ModuleDict: a name must not be empty or hold a dot, got ""'],
  ];
  for (const [call, code, message] of refused) expect(call, message).toThrow(expect.objectContaining({ code, message }));
});

describe("the tree of modules", () => {
  const tree = () => {
    const shared = new Linear(2, 2);
    return { shared, model: new Sequential(shared, new Sequential(new Identity(), shared)) };
  };

  test("each module once, with its first name", () => {
    const { model, shared } = tree();
    expect(model.namedModules().map(([name, module]) => [name, module.constructor.name])).toEqual([
      ["", "Sequential"],
      ["0", "Linear"],
      ["1", "Sequential"],
      ["1.0", "Identity"],
    ]);
    expect(model.modules()[1]).toBe(shared);
    expect(model.namedChildren().map(([name]) => name)).toEqual(["0", "1"]);
    expect(model.children()[0]).toBe(shared);
    expect(new Sequential(shared, shared).children()).toEqual([shared]);
  });

  test("apply reaches every module, those inside first", () => {
    const { model } = tree();
    const names: string[] = [];
    expect(model.apply((module) => names.push(module.constructor.name))).toBe(model);
    expect(names).toEqual(["Linear", "Identity", "Linear", "Sequential", "Sequential"]);
  });
});
