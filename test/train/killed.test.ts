import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseSafetensors, Rng } from "../../ts/index.ts";

const program = fileURLToPath(new URL("killed.ts", import.meta.url));
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-killed-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The steps that a run said were saved, until it was killed some time after so many. */
function runAndKill(count: number, milliseconds: number): Promise<number[]> {
  const child = spawn(process.execPath, ["--import", "tsx", program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let [said, dying] = ["", false];
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (!dying && said.split("\n").length > count) {
      dying = true;
      setTimeout(() => child.kill("SIGKILL"), milliseconds);
    }
  });
  return new Promise((resolve) => child.on("close", () => resolve(said.split("\n").slice(0, -1).map(Number))));
}

// Four starts of a process that compiles the library: about eight seconds.
test("killed at any moment, a training leaves whole checkpoints and goes on from the last", { timeout: 120_000 }, async () => {
  const rng = new Rng(8);
  let last = 0;
  for (let round = 0; round < 4; round += 1) {
    const steps = await runAndKill(6 + rng.below(20), 20 * rng.uniform());
    // What was said is saved; one more may have been saved before it could be said.
    expect(steps[0]! - last).toBeGreaterThanOrEqual(1);
    expect(steps[0]! - last).toBeLessThanOrEqual(2);
    expect(steps).toEqual(steps.map((_, i) => steps[0]! + i));
    last = steps.at(-1)!;
    const whole = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
    expect(whole).toContain("last.safetensors");
    for (const name of whole) expect(() => parseSafetensors(readFileSync(join(folder, name))), name).not.toThrow();
  }
  expect(last).toBeGreaterThan(20);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp")).length).toBeLessThanOrEqual(1);
});
