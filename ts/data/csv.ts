import { FoveaError } from "../runtime/errors.ts";
import { decodedText, type TextChunks } from "./decodedText.ts";
import type { SourceName, TableRow } from "./table.ts";

export interface CsvOptions extends SourceName {
  /** What ends a field. */
  separator?: string;
}

/**
 * Rows of comma-separated text (RFC 4180): a field in quotes may hold commas, line ends, and quotes written twice. Lines end in `\n`
 * or `\r\n`; blank ones are left out. Throws `DATA`, naming the line, for a quote inside a field without quotes, text after a
 * closing quote, or a quote that is never closed.
 */
export async function* csvRows(chunks: TextChunks, options: CsvOptions = {}): AsyncGenerator<TableRow, void, undefined> {
  const parser = new CsvParser(options);
  for await (const chunk of decodedText(chunks, options.name ?? "csv")) yield* parser.read(chunk);
  yield* parser.end();
}

/** Where in a row the next character falls. */
type Place = "start" | "plain" | "quoted" | "closed"; // of a field; inside one; inside quotes; after a quote that may have closed one

class CsvParser {
  readonly #name: string;
  readonly #separator: string;
  #place: Place = "start";
  #field = "";
  #fields: string[] = [];
  #line = 1;
  #rowLine = 1;
  #quoteLine = 1;

  constructor({ name = "csv", separator = "," }: CsvOptions) {
    if (separator.length !== 1 || '"\r\n'.includes(separator))
      throw new FoveaError(
        "RANGE",
        `csvRows: separator must be one character, no quote and no line end, got ${JSON.stringify(separator)}`,
      );
    this.#name = name;
    this.#separator = separator;
  }

  *read(chunk: string): Generator<TableRow, void, undefined> {
    for (const character of chunk) {
      if (this.#place === "quoted") this.#quoted(character);
      else if (character === this.#separator) this.#endField();
      else if (character === "\n") yield* this.#endRow();
      else if (character === '"') this.#quote();
      else this.#plain(character);
      if (character === "\n") this.#line += 1;
    }
  }

  *end(): Generator<TableRow, void, undefined> {
    if (this.#place === "quoted") throw this.#error(this.#quoteLine, "a quote opens here and is never closed");
    if (this.#place !== "start" || this.#fields.length > 0) yield* this.#endRow();
  }

  #quoted(character: string): void {
    if (character === '"') this.#place = "closed";
    else this.#field += character;
  }

  #quote(): void {
    if (this.#place === "plain")
      throw this.#error(
        this.#line,
        "a quote stands inside a field without quotes; put the field in quotes and write the quote twice",
      );
    if (this.#place === "closed") this.#field += '"';
    else this.#quoteLine = this.#line;
    this.#place = "quoted";
  }

  #plain(character: string): void {
    if (this.#place === "closed") {
      if (character === "\r") return; // of \r\n
      throw this.#error(this.#line, `${JSON.stringify(character)} follows a closing quote, where the field must end`);
    }
    this.#place = "plain";
    this.#field += character;
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = "";
    this.#place = "start";
  }

  *#endRow(): Generator<TableRow, void, undefined> {
    if (this.#place === "plain" && this.#field.endsWith("\r")) this.#field = this.#field.slice(0, -1);
    const wasQuoted = this.#place === "closed";
    this.#endField();
    const fields = this.#fields;
    this.#fields = [];
    if (fields.length > 1 || fields[0] !== "" || wasQuoted) yield { line: this.#rowLine, fields };
    this.#rowLine = this.#line + 1;
  }

  #error(line: number, problem: string): FoveaError {
    return new FoveaError("DATA", `${this.#name}:${line}: ${problem}`);
  }
}
