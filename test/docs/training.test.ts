import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fovea from "fovea";
import * as data from "fovea/data";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { configOf } from "../../ts/cli/config.ts";
import { blocks, readPage, testSnippets } from "./snippets.ts";

const page = readPage("docs/training.md");
// Snippets write below the present folder: each has one of its own.
const home = process.cwd();
let folder = "";
beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "fovea-docs-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  fs.rmSync(folder, { recursive: true });
});

describe("snippets of docs/training.md", () => {
  testSnippets(blocks(page, "ts"), { fovea, "fovea/data": data, "node:fs": fs });
});

test("the configuration shown is that of the defaults", () => {
  const [{ text } = { text: "" }] = blocks(page, "json");
  const shown = JSON.parse(text);
  expect(configOf(shown, "docs")).toEqual(configOf({ data: { train: "train.tsv" }, out: "runs/reviews" }, "docs"));
});
