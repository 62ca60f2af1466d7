import type { BenchRecord } from "./record.ts";

const widths = [44, 38, 16, 7, 10, 10, 13, 6, 9] as const;

export const heading = (): string =>
  line(["case", "shape", "variant", "threads", "median ms", "min ms", "rate", "share", "plain TS"]);

export function row(record: BenchRecord): string {
  const { name, shape, variant, threads, medianMs, minMs, share, bytes } = record;
  const cells = [name, shape, variant, String(threads), ms(medianMs), ms(minMs), rate(record), percent(share), ratio(record)];
  const memory = bytes === undefined || bytes === 0 ? "" : `  ${mib(bytes)} extra`;
  return line(cells) + memory + (record.checked ? "" : `  FAILED ${record.wrong ?? ""}`);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
}

const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const percent = (share: number | null): string => (share === null ? "" : `${(100 * share).toFixed(0)} %`);

function rate({ gflops, gbs }: BenchRecord): string {
  if (gflops !== undefined) return `${gflops.toFixed(1)} GFLOP/s`;
  return gbs === undefined ? "" : `${gbs.toFixed(1)} GB/s`;
}

/** How many times longer plain TypeScript takes; `~` where it did only a part of the work. */
function ratio({ baselineMs, baselineShare = 1, medianMs, partMs = baselineShare * medianMs }: BenchRecord): string {
  if (baselineMs === undefined) return "";
  const times = baselineMs / partMs;
  return `${baselineShare < 1 ? "~" : ""}${times.toFixed(times < 10 ? 1 : 0)} ×`;
}
