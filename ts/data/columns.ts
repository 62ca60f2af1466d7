import { FoveaError } from "../runtime/errors.ts";
import type { TableRow } from "./table.ts";

export interface ColumnOptions {
  /** A name in the header, or an index from 0. Left out: see `pickColumns`. */
  textColumn?: string | number | undefined;
  labelColumn?: string | number | undefined;
  /** Whether the first row names the columns. Left out: it does if a column is given by name, or if it holds a usual name of a label column. */
  header?: boolean | undefined;
}

/** Which fields of a row hold what. */
export interface Columns {
  readonly text: number;
  readonly label: number;
  /** How many fields each row has. */
  readonly count: number;
  /** Whether the first row is no example. */
  readonly header: boolean;
}

const USUAL_TEXT = ["text", "sentence", "review", "content", "comment"];
const USUAL_LABEL = ["label", "class", "sentiment", "category", "target"];

/**
 * Finds the columns from the first row of a table. A column that is not given is the one with a usual name (`text`, `sentence`, …;
 * `label`, `class`, …), and of two columns the other one; without any name, the first of two is the text. Throws `DATA`.
 */
export function pickColumns({ line, fields }: TableRow, options: ColumnOptions, name: string): Columns {
  const { textColumn, labelColumn } = options;
  const where = `${name}:${line}`;
  const count = fields.length;
  if (count < 2) throw new FoveaError("DATA", `${where}: a text and a label are needed, but there is only one column`);
  const named = typeof textColumn === "string" || typeof labelColumn === "string";
  const header = options.header ?? (named || usual(fields, USUAL_LABEL) !== null);
  const find = (given: string | number | undefined, names: readonly string[]): number | null => {
    if (typeof given === "string") return byName(given, fields, header, where);
    if (typeof given === "number") return byIndex(given, fields, where);
    return header ? usual(fields, names) : null;
  };
  let text = find(textColumn, USUAL_TEXT);
  let label = find(labelColumn, USUAL_LABEL);
  if (count === 2) {
    text ??= label === 0 ? 1 : 0;
    label ??= 1 - text;
  }
  for (const [what, index] of [
    ["text", text],
    ["label", label],
  ])
    if (index === null)
      throw new FoveaError("DATA", `${where}: which column is the ${what}? Say so; ${described(fields, header)}`);
  if (text === label) throw new FoveaError("DATA", `${where}: text and label must be two columns, got ${text} for both`);
  return { text: text!, label: label!, count, header };
}

function usual(fields: readonly string[], names: readonly string[]): number | null {
  const index = fields.findIndex((field) => names.includes(field.trim().toLowerCase()));
  return index < 0 ? null : index;
}

function byName(given: string, fields: readonly string[], header: boolean, where: string): number {
  const index = header ? fields.findIndex((field) => field.trim() === given) : -1;
  if (index >= 0) return index;
  throw new FoveaError("DATA", `${where}: there is no column ${JSON.stringify(given)}; ${described(fields, header)}`);
}

function byIndex(given: number, fields: readonly string[], where: string): number {
  if (Number.isInteger(given) && given >= 0 && given < fields.length) return given;
  throw new FoveaError("DATA", `${where}: there is no column ${given}; there are ${fields.length}, counted from 0`);
}

function described(fields: readonly string[], header: boolean): string {
  if (!header) return `there are ${fields.length}, without names`;
  return `the columns are ${fields.map((field) => JSON.stringify(field.trim())).join(", ")}`;
}
