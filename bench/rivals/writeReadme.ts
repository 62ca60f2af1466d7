/** `npm run bench:table -- [RECORD]`: writes the README's table of performance from a record, the newest unless one is named. */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "../../scripts/setup/paths.mjs";
import { newestRecord, withTable } from "./readmeTable.ts";
import type { RecordFile } from "./record.ts";

const [path] = process.argv.slice(2);
const record = path ? (JSON.parse(readFileSync(path, "utf8")) as RecordFile) : newestRecord();
if (record) writeFileSync(root("README.md"), withTable(readFileSync(root("README.md"), "utf8"), record));
else {
  console.error("bench:table: there is no record yet; `npm run bench:rivals -- --record` makes one");
  process.exitCode = 1;
}
