/** Text for numbers, as this example prints them. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

export const thousands = (count: number): string => Math.round(count).toLocaleString("en-US");

/** `1:05`, or `2:01:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** `confusion[label][predicted]` as a table: a row is a label, a column what the model said. */
export function confusionTable(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const header = ["label \\ said", ...classes, "right"];
  const rows = confusion.map((counts, label) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return [classes[label]!, ...counts.map(String), total === 0 ? "-" : percent(counts[label]! / total)];
  });
  const table = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => row.map((cell, column) => align(cell, widths[column]!, column)).join("   ")).join("\n");
}

const align = (cell: string, width: number, column: number): string => (column === 0 ? cell.padEnd(width) : cell.padStart(width));

/** A path as a shell takes it. */
export const shellWord = (text: string): string => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
