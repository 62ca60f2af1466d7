import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseSafetensors } from "../../ts/io/safetensors.ts";
import { FoveaError } from "../../ts/runtime/errors.ts";

interface Contents {
  name: string;
  dtype: string;
  shape: number[];
  values: (number | string | boolean)[];
}

interface Case {
  name: string;
  file: string;
  refuse: boolean;
  wrong?: string;
  metadata?: Record<string, string> | null;
  contents?: Contents[];
}

const here = join(dirname(fileURLToPath(import.meta.url)), "../golden");
const folder = join(process.env.GOLDEN_DIR ? resolve(process.env.GOLDEN_DIR) : here, "safetensors");

if (!existsSync(join(folder, "index.json"))) test.skip("GOLDEN_DIR has no safetensors/index.json");
else {
  const { cases } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { cases: Case[] };
  const bytesOf = ({ file }: Case) => new Uint8Array(readFileSync(join(folder, file)));

  describe("files made by the reference package", () => {
    test.each(cases.filter(({ refuse }) => !refuse))("$name is read, value by value", (each) => {
      const { metadata, tensors } = parseSafetensors(bytesOf(each));
      // Files made by hand have no list of contents: reading every tensor is the test.
      const read = [...tensors].map(([name, { dtype, shape, values }]) => ({
        name,
        dtype,
        shape,
        values: [...values()].map(String),
      }));
      if (!each.contents) return expect(read.length).toBeGreaterThan(0);
      expect(Object.fromEntries(metadata)).toEqual(each.metadata ?? {});
      expect(read).toHaveLength(each.contents.length);
      for (const { name, dtype, shape, values } of each.contents)
        expect(read.find((tensor) => tensor.name === name)).toEqual({
          name,
          dtype,
          shape,
          values: values.map((value) => written(dtype, value)),
        });
    });
  });

  describe("files that break the format", () => {
    test.each(cases.filter(({ refuse }) => refuse))("$name is refused: $wrong", (each) => {
      expect(() => parseSafetensors(bytesOf(each))).toThrow(FoveaError);
    });
  });
}

/** A value of index.json as `String` writes what we read. */
function written(dtype: string, value: number | string | boolean): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return dtype === "I64" || dtype === "U64" ? String(value) : String(Number(value));
}
