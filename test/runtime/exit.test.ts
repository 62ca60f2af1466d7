import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program of its own; gives its exit code and how long it lived on after its last line. */
function run(program: string): Promise<{ code: number | null; afterLastLine: number; errors: string }> {
  const source = `import { init, dispose, runtime } from "./ts/runtime/index.ts";\n${program}\nprocess.stdout.write("last line");`;
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
      cwd: ROOT,
      timeout: 30_000,
    });
    let lastLine = Number.NaN;
    let errors = "";
    child.stdout.on("data", () => {
      lastLine = performance.now();
    });
    child.stderr.on("data", (text: Buffer) => {
      errors += text;
    });
    child.on("error", fail);
    child.on("close", (code) => done({ code, afterLastLine: performance.now() - lastLine, errors }));
  });
}

it.each([
  ["with workers asleep", `await init({ variant: "simd-threads", threads: 4 });`],
  ["with workers still starting", "await init();"],
  ["after dispose", `await init({ variant: "simd-threads", threads: 4 }); await dispose();`],
  ["without awaiting dispose", `await init({ variant: "simd-threads", threads: 4 }); dispose();`],
])("lets Node end %s", async (_, program) => {
  const { code, afterLastLine, errors } = await run(program);
  expect(errors).toBe("");
  expect(code).toBe(0);
  expect(afterLastLine).toBeLessThan(1000);
});

it("does not keep an error from ending Node", async () => {
  const { code, errors } = await run(`await init({ variant: "simd-threads", threads: 2 }); throw new Error("of the program");`);
  expect(code).toBe(1);
  expect(errors).toContain("of the program");
});
