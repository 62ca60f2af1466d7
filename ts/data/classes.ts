import { FoveaError } from "../runtime/errors.ts";

/** The names of the classes, each a label of the data; a class is known to a model by its index. */
export class Classes {
  readonly names: readonly string[];
  readonly #indices: ReadonlyMap<string, number>;

  /** Throws `DATA` for fewer than two, or one twice. */
  constructor(names: readonly string[]) {
    this.names = names;
    this.#indices = new Map(names.map((name, index) => [name, index]));
    if (names.length < 2) throw new FoveaError("DATA", `Classes: at least two are needed, got ${list(names)}`);
    if (this.#indices.size < names.length) throw new FoveaError("DATA", `Classes: each must be there once, got ${list(names)}`);
  }

  /** All labels that occur: in the order of the numbers if they are whole numbers, else in that of their UTF-16 codes. Throws `DATA`. */
  static of(labels: Iterable<string>): Classes {
    const names = [...new Set(labels)];
    const numbers = names.every((name) => /^-?\d+$/.test(name));
    return new Classes(numbers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort());
  }

  get size(): number {
    return this.names.length;
  }

  /** `where` starts the message of the `DATA` error for a label that is no class: `dev.tsv:12`. */
  indexOf(label: string, where: string): number {
    const index = this.#indices.get(label);
    if (index !== undefined) return index;
    throw new FoveaError("DATA", `${where}: the label must be one of ${list(this.names)}, got ${JSON.stringify(label)}`);
  }
}

const MOST_NAMED = 12;

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
  if (names.length > MOST_NAMED) shown.push(`… (${names.length} in all)`);
  return shown.join(", ") || "none";
}
