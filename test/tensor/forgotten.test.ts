import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program that drops tensors, collects garbage for as long as it takes, and gives what was warned of. */
function warningsOf(program: string, environment: string): Promise<string> {
  const source = `
    import { heap } from "./ts/runtime/index.ts";
    import { scope, zeros } from "./ts/tensor/index.ts";
    heap.open(new WebAssembly.Memory({ initial: 1, maximum: 64 }), 64 * 65536);
    let collected = false;
    const registry = new FinalizationRegistry(() => { collected = true; });
    (() => registry.register({}, 0))();
    (() => { ${program} })();
    while (!collected) { gc(); await new Promise((next) => setTimeout(next, 5)); }
    gc();
    await new Promise((next) => setTimeout(next, 50));
    registry.unregister({});`; // a registry that nothing holds on to reports nothing
  const args = ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", source];
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, timeout: 20_000, env: { ...process.env, NODE_ENV: environment } });
    let errors = "";
    child.stderr.on("data", (text: Buffer) => {
      errors += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done(code === 0 ? errors.trim() : `exit code ${code}: ${errors}`));
  });
}

it("warns in development, once, of tensors that are dropped without being freed", async () => {
  expect(await warningsOf("for (let i = 0; i < 5; i += 1) zeros([2, 3]);", "development")).toBe(
    "fovea: a tensor float32 [2, 3] was dropped without dispose(), so its memory stays in use; make such tensors inside scope()",
  );
});

it("says nothing of tensors that were freed, nor outside of development", async () => {
  expect(await warningsOf("scope(() => { zeros([2]).reshape([1, 2]); }); zeros([2]).dispose();", "development")).toBe("");
  expect(await warningsOf("zeros([2, 3]);", "production")).toBe("");
});
