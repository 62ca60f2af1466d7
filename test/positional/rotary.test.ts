import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  init,
  manualSeed,
  ones,
  type Place,
  type RotaryOptions,
  randn,
  rotary,
  scope,
  type Tensor,
  tensor,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const [batch, length, numHeads, headDim] = [2, 5, 3, 8] as const;
const dims = { embedDim: numHeads * headDim, numHeads };
const bind = (options?: RotaryOptions) => rotary(options)(dims).rotate!;
const heads = (seed: number, tokens: number = length): Tensor => {
  manualSeed(seed);
  return randn([batch, tokens, numHeads, headDim]);
};

test("a position of a million is within 1e-6", () => {
  scope(() => {
    // With base 1 every pair turns by one radian a position; cos and sin of 10⁶ to thirteen digits.
    const [cos, sin] = [0.9367521275331, -0.3499935021713];
    const [turned] = bind({ base: 1 })(ones([1, 1, 1, headDim]), ones([1, 1, 1, headDim]), { query: 1_000_000 });
    turned.view().forEach((value, channel) => {
      expect(Math.abs(value - (channel < headDim / 2 ? cos - sin : cos + sin))).toBeLessThan(1e-6);
    });
  });
});

describe.each([false, true])("interleaved: %s", (interleaved) => {
  const products = (place: { query: Place; key: Place }): number[] => {
    const [query, key] = bind({ interleaved })(heads(1, 1), heads(2, 1), place);
    return Array.from({ length: batch * numHeads }, (_, head) => {
      const at = head * headDim;
      const [a, b] = [query, key].map((x) => [...x.view().subarray(at, at + headDim)]) as [number[], number[]];
      return a.reduce((sum, value, channel) => sum + value * b[channel]!, 0);
    });
  };

  test("the product of query and key depends on their distance alone", () => {
    scope(() => {
      const near = products({ query: 7, key: 3 });
      for (const shift of [1, 90, 4000])
        products({ query: 7 + shift, key: 3 + shift }).forEach((product, head) => {
          expect(product).toBeCloseTo(near[head]!, 4);
        });
      products({ query: 7, key: 4 }).forEach((product, head) => {
        expect(Math.abs(product - near[head]!)).toBeGreaterThan(1e-3);
      });
    });
  });

  test("lengths are kept, and position 0 is not turned", () => {
    scope(() => {
      const x = heads(3);
      const [turned] = bind({ interleaved })(x, x, {});
      const rows = (tensor: Tensor, token: number) => [
        ...tensor.view().subarray(token * headDim * numHeads, (token + 1) * headDim * numHeads),
      ];
      expect(rows(turned, 0)).toEqual(rows(x, 0));
      const norm = (values: number[]) => Math.hypot(...values);
      for (let token = 0; token < length; token += 1) expect(norm(rows(turned, token))).toBeCloseTo(norm(rows(x, token)), 4);
    });
  });

  test("tokens that follow a cache, and positions one by one, are those of the whole", () => {
    scope(() => {
      const whole = bind({ interleaved })(heads(4), heads(5), {}).map((x) => x.toArray());
      const ids = tensor(
        Int32Array.from({ length: batch * length }, (_, i) => i % length),
        [batch, length],
      );
      for (const place of [tensor(Int32Array.from({ length }, (_, i) => i)), ids])
        expect(bind({ interleaved })(heads(4), heads(5), { query: place, key: place }).map((x) => x.toArray())).toEqual(whole);
      const last = (x: Tensor) =>
        tensor(
          [0, 1].flatMap((b) => [...x.view().subarray((b * length + 4) * dims.embedDim, (b + 1) * length * dims.embedDim)]),
          [batch, 1, numHeads, headDim],
        );
      const step = bind({ interleaved })(last(heads(4)), last(heads(5)), { query: 4, key: 4 });
      step.forEach((x, i) => {
        expect([...x.view()]).toEqual([...last(tensor(whole[i]!, [batch, length, numHeads, headDim])).view()]);
      });
    });
  });
});

test("tables are remembered for the positions and frequencies they were made for, no others", () => {
  scope(() => {
    const options: RotaryOptions = { scaling: { type: "dynamic", factor: 2, maxPosition: 6 } };
    const kept = bind(options);
    for (const [tokens, place] of [
      [5, 0],
      [5, 0],
      [5, 3],
      [9, 0],
      [5, 0],
      [1, 8],
    ] as const) {
      const [x, places] = [heads(6, tokens), { query: place, key: place }];
      expect(kept(x, x, places)[0].toArray()).toEqual(bind(options)(x, x, places)[0].toArray());
    }
  });
});

describe("what does not fit is refused", () => {
  const refused: [string, () => unknown, string][] = [
    ["an odd part", () => bind({ rotaryDim: 3 }), "SHAPE"],
    ["a part larger than the head", () => bind({ rotaryDim: 10 }), "SHAPE"],
    ["a base of 0", () => rotary({ base: 0 }), "RANGE"],
    ["another scaling", () => rotary({ scaling: { type: "ntk" as "linear", factor: 2 } }), "RANGE"],
    ["a factor of 0", () => rotary({ scaling: { type: "linear", factor: 0 } }), "RANGE"],
    ["half a position", () => bind()(heads(1), heads(1), { query: 0.5 }), "RANGE"],
    ["positions of another length", () => bind()(heads(1), heads(1), { query: tensor(new Int32Array(3)) }), "SHAPE"],
    ["positions as floats", () => bind()(heads(1), heads(1), { query: ones([length]) }), "DTYPE"],
  ];
  test.each(refused)("%s", (_, call, code) => {
    scope(() => expect(call).toThrow(expect.objectContaining({ code })));
  });
});
