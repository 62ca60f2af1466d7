import * as huggingFace from "@huggingface/tokenizers";
import * as fovea from "fovea";
import * as audio from "fovea/audio";
import * as data from "fovea/data";
import { afterAll, beforeAll, describe } from "vitest";
import { blocks, readPage, testSnippets } from "./snippets.ts";

beforeAll(() => fovea.init({ threads: 1 }));
afterAll(() => fovea.dispose());

describe("snippets of docs/data.md", () => {
  testSnippets(blocks(readPage("docs/data.md"), "ts"), {
    fovea,
    "fovea/data": data,
    "fovea/audio": audio,
    "@huggingface/tokenizers": huggingFace,
  });
});
