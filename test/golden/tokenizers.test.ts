import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { type Encoding, pretrainedTokenizer, Tokenizer } from "fovea/data";
import { describe, expect, test } from "vitest";
import { goldenFolder } from "./goldens.ts";

interface Row {
  text: string;
  pair?: string;
  ids: number[];
  tokens: string[];
  offsets: [number, number][];
  plain?: number[];
  typeIds?: number[];
  decoded: string;
}

interface Case {
  name: string;
  vocabulary: number;
  texts: number;
}

const folder = join(goldenFolder, "tokenizers");
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const { cases } = read("index.json") as { cases: Case[] };

describe.each(cases)("$name", ({ name, vocabulary, texts }) => {
  const json = read(`${name}.tokenizer.json`);
  const rows = read(`${name}.encodings.json`) as Row[];
  const tokenizer = Tokenizer.fromJSON(json);

  test("has the vocabulary and is saved as it was read", () => {
    expect(rows).toHaveLength(texts);
    expect(tokenizer.size).toBe(vocabulary);
    expect(JSON.parse(JSON.stringify(tokenizer))).toEqual(json);
  });

  test("ids, tokens and offsets", () => {
    for (const row of rows) {
      const { ids, tokens, offsets, typeIds }: Encoding = tokenizer.encodeWithOffsets(row.text, { pair: row.pair });
      const { text, pair } = row;
      expect({ text, pair, ids, tokens, offsets }).toEqual({
        text,
        pair,
        ids: row.ids,
        tokens: row.tokens,
        offsets: row.offsets,
      });
      if (row.typeIds) expect(typeIds).toEqual(row.typeIds);
    }
  });

  test("ids without offsets, with and without the template", () => {
    for (const { text, pair, ids, plain } of rows) {
      expect(tokenizer.encode(text, { pair }), text).toEqual(ids);
      if (plain) expect(tokenizer.encode(text, { addSpecialTokens: false }), text).toEqual(plain);
    }
  });

  test("decoded", () => {
    for (const { ids, decoded } of rows) expect(tokenizer.decode(ids)).toBe(decoded);
  });

  test("through Hugging Face's package", () => {
    const pretrained = pretrainedTokenizer(new HuggingFace(json, { clean_up_tokenization_spaces: false }));
    expect(pretrained.size).toBe(vocabulary);
    expect(pretrained.idOf(rows.at(-1)!.tokens[0]!)).toBe(rows.at(-1)!.ids[0]);
    for (const { text, pair, ids, decoded } of rows) {
      if (pair !== "") expect(pretrained.encode(text, { pair }), text).toEqual(ids); // an empty second text counts as none there
      expect(pretrained.decode(ids), text).toBe(decoded);
    }
  });
});
