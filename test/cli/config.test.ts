import { expect, test } from "vitest";
import { configOf } from "../../ts/cli/config.ts";

const least = { data: { train: "a.tsv" }, out: "runs/a" };

test("defaults fill what is left out, and a null is as good as nothing", () => {
  expect(configOf(least, "c.json")).toMatchObject({
    data: { train: "a.tsv", valid: null },
    model: { dModel: 64, dimFeedforward: 256, pooling: "mean" },
    optimizer: { name: "AdamW" },
  });
  expect(configOf({ ...least, model: null, patience: null }, "c.json")).toEqual(configOf(least, "c.json"));
  const config = configOf({ ...least, model: { dModel: 8, dropout: 0.5 } }, "c.json");
  expect(config.model).toMatchObject({ dimFeedforward: 32, embeddingDropout: 0.5 });
  expect(configOf(config, "c.json")).toEqual(config); // what a run's folder keeps is read again
});

test.each([
  [{ data: {} }, "data.train must be given, got nothing"],
  [{ out: undefined }, "out must be given, got nothing"],
  [{ out: "" }, 'out must be a text, got ""'],
  [{ epochs: "three" }, 'epochs must be a whole number of at least 1, got "three"'],
  [{ epochs: 2.5 }, "epochs must be a whole number of at least 1, got 2.5"],
  [{ model: { layers: 2 } }, "model.layers is no key; model may have dModel, dropout, numHeads,"],
  [{ optimiser: {} }, "optimiser is no key; a configuration may have data,"],
  [{ optimizer: { name: "adam" } }, 'optimizer.name must be one of AdamW, Adam, SGD, got "adam"'],
  [{ optimizer: { lr: -1 } }, "optimizer.lr must be a number of at least 0, got -1"],
  [{ model: [] }, "model must be an object, got []"],
  [{ tensorBoard: 1 }, "tensorBoard must be true or false, got 1"],
  [{ data: { train: "a", textColumn: -1 } }, "data.textColumn must be a whole number of at least 0, got -1"],
])("%j is refused", (changes, message) => {
  expect(() => configOf({ ...least, ...changes }, "c.json")).toThrow(
    expect.objectContaining({ code: "DATA", message: expect.stringContaining(`c.json: ${message}`) }),
  );
});
