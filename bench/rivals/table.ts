import type { RivalRecord } from "./record.ts";

const widths = [39, 36, 13, 9, 24, 7, 10, 7, 13, 8, 6, 9] as const;

export const heading = (): string =>
  line(["case", "shape", "who", "engine", "variant", "threads", "median ms", "spread", "rate", "× ours", "share", "checked"]);

export function row(record: RivalRecord): string {
  const { name, shape, who, engine, variant, threads, medianMs, spread, ratio, share, checked, wrong, error } = record;
  const cells = [
    ...[name, shape, who, engine, variant, String(threads), ms(medianMs)],
    spread === null ? "1 run" : `${(100 * spread).toFixed(0)} %`,
    rate(record),
    ratio === null ? "" : ratio.toFixed(2),
    share === null ? "" : `${(100 * share).toFixed(0)} %`,
    checked ? error.toExponential(0) : "WRONG",
  ];
  return line(cells) + (checked ? "" : `  ${wrong}`);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" ");
}

export const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function rate({ gflops, gbs }: Pick<RivalRecord, "gflops" | "gbs">): string {
  return gflops === undefined ? `${gbs!.toFixed(1)} GB/s` : `${gflops.toFixed(1)} GFLOP/s`;
}
