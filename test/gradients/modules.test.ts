import { afterAll, beforeAll, expect, test } from "vitest";
import * as fovea from "../../ts/index.ts";
import { modelChecks } from "./modelChecks.ts";
import { moduleChecks } from "./moduleChecks.ts";

// From the call of a module down to the kernels: every parameter and every input against finite differences, and twice the same bits.

/** Modules that compute nothing of their own. */
const withoutForward = ["Module", "ModuleDict", "ModuleList", "Recurrent", "TextModel"];
const checks = { ...moduleChecks, ...modelChecks };

beforeAll(() => fovea.init());
afterAll(() => fovea.dispose());

test.each(Object.entries(checks))("gradients of %s", (_, build) => {
  fovea.scope(() => {
    fovea.manualSeed(5);
    const { module, inputs, run } = build();
    const checked = [...module.parameters(), ...inputs];
    // Biases start at 0, where much is symmetric: moved away from it.
    for (const parameter of module.parameters()) {
      const values = parameter.view();
      for (let i = 0; i < values.length; i++) values[i]! += 0.1 * Math.sin(i + 1);
    }
    fovea.gradCheck<readonly fovea.Tensor[]>(() => run(), checked, { elements: 8, rtol: 2e-3 });
    const [first, second] = [gradients(run, checked), gradients(run, checked)];
    expect(second).toEqual(first);
  });
});

test("every module that is exported is checked", () => {
  const exported = Object.entries(fovea)
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof fovea.Module)
    .map(([name]) => name);
  expect(Object.keys(checks).sort()).toEqual(exported.filter((name) => !withoutForward.includes(name)).sort());
});

function gradients(run: () => fovea.Tensor, checked: readonly fovea.Tensor[]): Float32Array[] {
  return fovea.scope(() => {
    for (const each of checked) each.zeroGrad();
    const out = run();
    out.backward(fovea.ones(out.shape));
    return checked.map(({ grad }) => grad!.toArray() as Float32Array);
  });
}
