import { FoveaError } from "../runtime/errors.ts";

export const countText = (value: number): string => value.toLocaleString("en");

/** `1.5 MiB` */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** Rows under their headings, columns apart; those of `numbers` end at the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const cell = (text: string, column: number): string =>
    numbers.includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return all.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

/** What `read` gives; what it says is wrong begins with the file. */
export async function inFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FoveaError) throw new FoveaError(error.code, `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
