import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdamW, dispose, init, Linear, MultiheadAttention, randn, runtime, scope, type Tensor, tensor } from "../../ts/index.ts";
import { opChecks } from "../gradients/opChecks.ts";

beforeAll(() => init());
afterAll(() => dispose());

const disposed = expect.objectContaining({ name: "FoveaError", code: "DISPOSED" });

describe.each(Object.entries(opChecks))("%s refuses a freed input and leaves nothing behind", (_, each) => {
  test.each(Object.entries(each))("%s", (_, build) => {
    scope(() => {
      const inputs = build().length - 1;
      for (let freed = 0; freed < inputs; freed++) {
        const [fn, ...tensors] = build();
        tensors[freed]!.dispose();
        const before = runtime.memory.used;
        expect(() => scope(() => fn(...tensors)), `input ${freed}`).toThrow(disposed);
        expect(runtime.memory.used).toBe(before);
      }
    });
  });
});

const uses: Record<string, (freed: Tensor) => unknown> = {
  view: (freed) => freed.view(),
  toArray: (freed) => freed.toArray(),
  toNested: (freed) => freed.toNested(),
  item: (freed) => freed.item(),
  reshape: (freed) => freed.reshape([-1]),
  detach: (freed) => freed.detach(),
  backward: (freed) => freed.backward(),
};

test.each(Object.entries(uses))("a freed tensor refuses %s, and says how it was freed", (_, use) => {
  const freed = randn([2, 3]);
  freed.dispose();
  freed.dispose(); // a second time does nothing
  expect(() => use(freed)).toThrow(disposed);
  expect(() => use(freed)).toThrow("tensor float32 [2, 3] was freed by dispose()");
  let leaked: Tensor | undefined;
  scope(() => {
    leaked = randn([2, 3]);
  });
  expect(() => use(leaked!)).toThrow(
    "tensor float32 [2, 3] was freed when its scope ended; return it from the scope or keepAlive() it",
  );
});

test("a module whose parameters were freed refuses to run", () => {
  const modules = [new Linear(4, 5), new MultiheadAttention(4, 2)] as const;
  const x = randn([2, 3, 4]);
  for (const module of modules) {
    module.dispose();
    module.dispose();
  }
  expect(() => modules[0].forward(x)).toThrow(disposed);
  expect(() => modules[1].forward(x, x, x)).toThrow(disposed);
  x.dispose();
});

test("an optimizer whose parameters were freed refuses to step", () => {
  const layer = new Linear(4, 5);
  const optimizer = new AdamW(layer.parameters());
  layer.dispose();
  expect(() => optimizer.step()).toThrow(expect.objectContaining({ code: "STATE" }));
  optimizer.dispose();
});

test("what lived in a runtime that was disposed is gone, and the next one works", async () => {
  const old = tensor([1, 2]);
  await dispose();
  expect(() => old.view()).toThrow(expect.objectContaining({ name: "FoveaError" }));
  await init();
  expect(() => old.view()).toThrow("went with the memory when the runtime was disposed");
  expect(() => old.dispose()).not.toThrow();
  expect(tensor([3, 4]).toNested()).toEqual([3, 4]);
  expect(runtime.memory.used).toBeGreaterThan(0);
});
