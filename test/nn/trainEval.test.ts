import { afterAll, beforeAll, expect, test } from "vitest";
import { dispose, init, manualSeed, randn, scope, TransformerEncoder, TransformerEncoderLayer } from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

test("dropout drops in train mode and rests in eval mode, in every submodule", () => {
  scope(() => {
    manualSeed(0);
    const encoder = new TransformerEncoder(new TransformerEncoderLayer(8, 2, { dropout: 0.4, dimFeedforward: 16 }), 2);
    const x = randn([2, 3, 8]);
    const run = () => encoder.forward(x).toArray();
    expect(run()).not.toEqual(run());
    expect(encoder.eval()).toBe(encoder);
    expect(encoder.layers[1]!.selfAttn.training).toBe(false);
    expect(run()).toEqual(run());
    encoder.train();
    expect(encoder.layers[1]!.dropout2.training).toBe(true);
    expect(run()).not.toEqual(run());
  });
});
