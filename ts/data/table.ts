/** One row of a TSV or CSV file. */
export interface TableRow {
  /** The line of the file that it starts on, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** What messages call a text, such as `dev.csv`. */
export interface SourceName {
  readonly name?: string | undefined;
}
