import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";
import * as fovea from "../../ts/index.ts";

// Checkpoints over the border, both ways, with PyTorch itself on the other side.

const PYTHON = process.env.FOVEA_TORCH_PYTHON ?? "python3";
const missing = ["torch", "safetensors"].filter((name) => spawnSync(PYTHON, ["-c", `import ${name}`]).status !== 0);

type Tensor = fovea.Tensor;
interface Model {
  module: fovea.Module;
  run(x: Tensor): Tensor;
}

/** A module of ours, and how it is called. */
const model = <M extends fovea.Module>(module: M, run: (module: M, x: Tensor) => Tensor): Model => ({
  module: module.eval(),
  run: (x) => run(module, x),
});

const layer = () => new fovea.TransformerEncoderLayer(8, 2, { dimFeedforward: 12, normFirst: true, activation: "gelu" });

/** The models of checkpoints.py, as ours. */
const models: Record<string, () => Model> = {
  encoder: () => model(new fovea.TransformerEncoder(layer(), 2, { norm: new fovea.LayerNorm(8) }), (m, x) => m.forward(x)),
  lstm: () => model(new fovea.LSTM(6, 5, { numLayers: 2, bidirectional: true }), (m, x) => m.forward(x).out),
  attention: () => model(new fovea.MultiheadAttention(8, 2, { addBiasKv: true }), (m, x) => m.forward(x, x, x).out),
  convolution: () => {
    const convolution = new fovea.Conv1d(3, 4, 3, { padding: 1 });
    return model(new fovea.Sequential(convolution, new fovea.GELU(), new fovea.GroupNorm(2, 4)), (m, x) => m.forward(x));
  },
};

if (missing.length > 0) test.skip(`${PYTHON} has no ${missing.join(" and no ")}; FOVEA_TORCH_PYTHON may name a Python that has`);
else {
  const folder = mkdtemp(join(tmpdir(), "fovea-pytorch-"));
  const python = async (what: "write" | "read") =>
    promisify(execFile)(PYTHON, ["-B", root("test/pytorch/checkpoints.py"), what, await folder]);
  const load = async (name: string) => fovea.loadSafetensorsFile(join(await folder, `${name}.safetensors`));

  beforeAll(async () => {
    await fovea.init();
    await mkdir(join(await folder, "ours"));
    await python("write");
  });
  afterAll(async () => {
    await rm(await folder, { recursive: true });
    fovea.dispose();
  });

  describe("a checkpoint that PyTorch saved", () => {
    test.each(Object.keys(models))("%s: every key is taken, and the output is PyTorch's", async (name) => {
      const [io, { module, run }] = [await load("io"), models[name]!()];
      module.loadStateDict(await load(name));
      expectClose(run(io.get(`${name}.x`)!), io.get(`${name}.out`)!);
    });
  });

  test("checkpoints that we save: PyTorch takes every key, and its output is ours", async () => {
    const [io, outputs] = [await load("io"), new Map<string, Tensor>()];
    for (const [name, make] of Object.entries(models)) {
      const { module, run } = make();
      await fovea.saveSafetensorsFile(join(await folder, "ours", `${name}.safetensors`), module.stateDict());
      outputs.set(name, run(io.get(`${name}.x`)!));
    }
    await python("read");
    const theirs = await load("ours/io");
    for (const [name, out] of outputs) expectClose(out, theirs.get(name)!);
  });
}

function expectClose(ours: Tensor, theirs: Tensor): void {
  expect(ours.shape).toEqual(theirs.shape);
  const want = theirs.view();
  ours.view().forEach((value, i) => {
    expect(Math.abs(value - want[i]!)).toBeLessThan(1e-5);
  });
}
