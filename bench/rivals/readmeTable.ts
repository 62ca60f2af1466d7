import { readdirSync, readFileSync } from "node:fs";
import { root } from "../../scripts/setup/paths.mjs";
import { RECORDS } from "./keep.ts";
import type { RecordFile, RivalRecord } from "./record.ts";
import { OURS, YARDSTICKS } from "./rivals.ts";
import { ms } from "./table.ts";

/** What the README shows of a record; the rest can be read in the record itself. */
const SHOWN = [
  "matmul 512³ NN",
  "matmul 1024³ NN",
  "matmul 2048×512×2048 NN",
  "matmul 1×512×512 NN",
  "softmax 4096×512",
  "layerNorm 4096×512",
  "attention forward L512",
  "attention forward L2048",
  "attention forward L2048 causal",
  "attention forward+backward L512",
  "attention forward+backward L2048 causal",
  "MultiheadAttention B8 L128",
  "encoder layer B8 L128",
  "training step 2 × 128",
  "training step 4 × 256",
];

const START = "<!-- npm run bench:table writes from here -->";
const END = "<!-- to here -->";

/** The newest record that is kept; null if there is none. */
export function newestRecord(): RecordFile | null {
  const names = readdirSync(root(RECORDS)).filter((name) => name.endsWith(".json"));
  const newest = names.sort().at(-1);
  return newest ? (JSON.parse(readFileSync(root(`${RECORDS}/${newest}`), "utf8")) as RecordFile) : null;
}

/** `readme` with the table of `file` between its marks. Throws an `Error` if the marks are not there. */
export function withTable(readme: string, file: RecordFile): string {
  const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`README.md: has no ${START} with ${END} behind it`);
  return `${readme.slice(0, start + START.length)}\n${tableOf(file)}\n${readme.slice(end)}`;
}

/** Median times, a column for each participant, natives last. Of several engines the first. */
export function tableOf({ date, machine, command, engines, records: all }: RecordFile): string {
  const engine = all[0]!.engine;
  const records = all.filter((each) => each.engine === engine);
  const threads = [...new Set(all.map((each) => each.threads))].sort((a, b) => a - b);
  const names = [...new Set(records.map(({ who }) => who))];
  const columns = [...names.filter((who) => !YARDSTICKS.includes(who)), ...names.filter((who) => YARDSTICKS.includes(who))];
  const find = (name: string, who: string) =>
    threads.map((count) => records.find((each) => each.name === name && each.who === who && each.threads === count));
  const rows = SHOWN.map((name) => {
    const cells = columns.map((who) => pair(find(name, who), time));
    return `| ${[name, ...cells, pair(find(name, OURS), share)].join(" | ")} |`;
  });
  const heads = [
    "ms",
    ...columns.map((who) => (YARDSTICKS.includes(who) ? `${who}, native` : who)),
    `${OURS}'s share of the ceiling`,
  ];
  return [
    "",
    `| ${heads.join(" | ")} |`,
    `| ${heads.map(() => "---").join(" | ")} |`,
    ...rows,
    "",
    `Medians, with ${threads.map(threadsInWords).join(" / ")}; — where a library has not as many or does not do it, ✗ where its answer was wrong.`,
    `From \`${command}\` in ${engines[engine]} on ${machine.cpu}, ${machine.cores} cores, ${date}. ${participants(records, columns)}`,
    "",
  ].join("\n");
}

const threadsInWords = (count: number): string => (count === 1 ? "one thread" : `${count} threads`);

function pair(found: readonly (RivalRecord | undefined)[], cell: (record: RivalRecord) => string): string {
  if (found.every((record) => !record)) return "—";
  return found.map((record) => (record ? cell(record) : "—")).join(" / ");
}

const time = ({ medianMs, checked }: RivalRecord): string => (checked ? ms(medianMs) : `✗ ${ms(medianMs)}`);
const share = (record: RivalRecord): string => (record.share === null ? "—" : `${(100 * record.share).toFixed(0)} %`);

/** Each with its version and the variants it ran as. */
function participants(records: readonly RivalRecord[], names: readonly string[]): string {
  const described = names.map((who) => {
    const own = records.filter((each) => each.who === who);
    return `${who} ${own[0]!.version} (${[...new Set(own.map(({ variant }) => variant))].join(" / ")})`;
  });
  return `${described.join(", ")}.`;
}
