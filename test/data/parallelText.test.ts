import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParallelExample, parallelText, readParallelText } from "fovea/data";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "fovea-parallel-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function all(pairs: AsyncIterable<ParallelExample>): Promise<ParallelExample[]> {
  const list: ParallelExample[] = [];
  for await (const pair of pairs) list.push(pair);
  return list;
}

describe("parallelText", () => {
  it("pairs line with line and leaves out what is blank in both", async () => {
    const pairs = await all(parallelText(["a dog \r\n", "\ntwo"], ["ein Hund\n \nzwei\n"]));
    expect(pairs).toEqual([
      { source: "a dog", target: "ein Hund", line: 1 },
      { source: "two", target: "zwei", line: 3 },
    ]);
  });

  it.each([
    ["a\nb\n", "x\n", "b.de:2: the file ends here, and a.en goes on; both must have the same number of lines"],
    ["a\n", "x\ny\n", "a.en:2: the file ends here, and b.de goes on; both must have the same number of lines"],
    ["a\n\n", "x\ny\n", "a.en:2: this line is blank and its translation is not; fill it in or remove both"],
    ["a\nb", "x\n \n", "b.de:2: this line is blank and its translation is not; fill it in or remove both"],
  ])("refuses %j beside %j", async (source, target, message) => {
    await expect(all(parallelText([source], [target], { sourceName: "a.en", targetName: "b.de" }))).rejects.toMatchObject({
      code: "DATA",
      message,
    });
  });

  it("reads two files, and may be left before their end", async () => {
    const paths = ["en", "de"].map((name) => join(folder, `long.${name}`)) as [string, string];
    for (const path of paths) writeFileSync(path, "line\n".repeat(100_000));
    for await (const { source, target, line } of readParallelText(...paths)) {
      expect([source, target, line]).toEqual(["line", "line", 1]);
      break;
    }
    await expect(all(readParallelText(paths[0], join(folder, "missing")))).rejects.toMatchObject({ code: "DATA" });
  });
});
