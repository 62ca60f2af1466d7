import { fileURLToPath } from "node:url";
import { CommandFailed, run } from "../../scripts/setup/run.mjs";

const PYTHON = process.env.FOVEA_TORCH_PYTHON ?? "python3";
const PROGRAM = fileURLToPath(new URL("./pytorch/main.py", import.meta.url));

/** Throws an `Error` if there is no Python with torch. */
export async function expectTorch(): Promise<void> {
  try {
    await run(PYTHON, ["-c", "import torch"]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new Error(`${PYTHON} has no torch; FOVEA_TORCH_PYTHON may name a Python that has`, { cause: error });
  }
}

export const torchCommand = async (): Promise<readonly [string, ...string[]]> => [PYTHON, "-B", PROGRAM];
