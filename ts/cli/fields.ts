import { FoveaError } from "../runtime/errors.ts";

/** An object of a configuration, read key by key. Errors, `DATA`, name the key: `config.json: model.dModel must be …, got …`. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #path: string;
  readonly #known = new Set<string>();

  /** Throws `DATA` if `value` is no object. */
  constructor(value: unknown, where: string, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new FoveaError(
        "DATA",
        `${where}: ${path === "" ? "the whole" : path} must be an object, got ${JSON.stringify(value)}`,
      );
    this.#values = { ...value };
    this.#where = where;
    this.#path = path;
  }

  /** An object within; an empty one if it is not there. */
  fields(key: string): Fields {
    return new Fields(this.#take(key) ?? {}, this.#where, this.#name(key));
  }

  /** A number of at least `least`, whole if asked; `otherwise` if it is not there. */
  number<T>(key: string, otherwise: T, { least = 0, whole = false } = {}): number | T {
    const value = this.#take(key);
    if (value === undefined) return otherwise;
    const fits = typeof value === "number" && value >= least && (!whole || Number.isInteger(value));
    if (fits) return value;
    throw this.#error(key, `a ${whole ? "whole number" : "number"} of at least ${least}`, value);
  }

  whole<T>(key: string, otherwise: T, least = 1): number | T {
    return this.number(key, otherwise, { least, whole: true });
  }

  flag<T>(key: string, otherwise: T): boolean | T {
    const value = this.#take(key);
    if (value === undefined) return otherwise;
    if (typeof value === "boolean") return value;
    throw this.#error(key, "true or false", value);
  }

  text<T>(key: string, otherwise: T): string | T {
    const value = this.#take(key);
    if (value === undefined) return otherwise;
    if (typeof value === "string" && value !== "") return value;
    throw this.#error(key, "a text", value);
  }

  /** Throws if it is not there. */
  needed(key: string): string {
    const value = this.text(key, null);
    if (value !== null) return value;
    throw this.#error(key, "given", undefined);
  }

  choice<const C extends string, T>(key: string, choices: readonly C[], otherwise: T): C | T {
    const value = this.#take(key);
    if (value === undefined) return otherwise;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw this.#error(key, `one of ${choices.join(", ")}`, value);
  }

  /** A column: its name, or its number from 0. */
  column(key: string): string | number | undefined {
    return typeof this.#values[key] === "number" ? this.whole(key, undefined, 0) : this.text(key, undefined);
  }

  /** To be called once all keys are read: throws for one that nobody has asked for. */
  end(): void {
    const unknown = Object.keys(this.#values).find((key) => !this.#known.has(key));
    if (unknown === undefined) return;
    throw new FoveaError(
      "DATA",
      `${this.#where}: ${this.#name(unknown)} is no key; ${this.#path || "a configuration"} may have ${[...this.#known].join(", ")}`,
    );
  }

  /** A null is as good as nothing. */
  #take(key: string): unknown {
    this.#known.add(key);
    return this.#values[key] ?? undefined;
  }

  #name(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }

  #error(key: string, rule: string, value: unknown): FoveaError {
    const got = value === undefined ? "nothing" : JSON.stringify(value);
    return new FoveaError("DATA", `${this.#where}: ${this.#name(key)} must be ${rule}, got ${got}`);
  }
}
