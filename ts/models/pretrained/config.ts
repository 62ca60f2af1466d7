import type { FeedForwardActivation } from "../../nn/feedForward.ts";
import { FoveaError } from "../../runtime/errors.ts";

/** A Hugging Face `config.json`, read with care: what is missing or of another kind is an error that names it. */
export class Config {
  readonly architecture: string;
  readonly #values: Readonly<Record<string, unknown>>;

  /** Throws `DATA`. */
  constructor(values: unknown) {
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw new FoveaError(
        "DATA",
        `fromPretrained: config must be an object, as config.json has it, got ${JSON.stringify(values)}`,
      );
    this.#values = Object.fromEntries(Object.entries(values));
    const architectures = this.#values.architectures;
    if (!Array.isArray(architectures) || typeof architectures[0] !== "string")
      throw new FoveaError("DATA", `fromPretrained: config.architectures must name one, got ${JSON.stringify(architectures)}`);
    this.architecture = architectures[0];
  }

  /** Throws `DATA` unless it is a number, or missing and there is a default. */
  number(name: string, otherwise?: number): number {
    return this.#read(name, otherwise, "a number", (value) => (typeof value === "number" ? value : undefined));
  }

  flag(name: string, otherwise?: boolean): boolean {
    return this.#read(name, otherwise, "true or false", (value) => (typeof value === "boolean" ? value : undefined));
  }

  text(name: string, otherwise?: string): string {
    return this.#read(name, otherwise, "a string", (value) => (typeof value === "string" ? value : undefined));
  }

  numbers(name: string): readonly number[] {
    const isNumber = (each: unknown): each is number => typeof each === "number";
    return this.#read(name, undefined, "an array of numbers", (value) => arrayOf(value, isNumber));
  }

  flags(name: string, otherwise?: readonly boolean[]): readonly boolean[] {
    const isFlag = (each: unknown): each is boolean => typeof each === "boolean";
    return this.#read(name, otherwise, "an array of true and false", (value) => arrayOf(value, isFlag));
  }

  /** As a config of its own kind of values, or null. */
  section(name: string): Readonly<Record<string, unknown>> | null {
    const value = this.#values[name] ?? null;
    return typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value ?? {})) : null;
  }

  /** As many as `num_labels` says, or as there are names for them; Hugging Face's default is 2. */
  get numClasses(): number {
    return this.number("num_labels", Object.keys(this.section("id2label") ?? { 0: "", 1: "" }).length);
  }

  /** Throws `UNSUPPORTED` for an activation that the layers do not have. */
  activation<A extends FeedForwardActivation>(name: string, known: Readonly<Record<string, A>>): A {
    const given = this.text(name);
    const found = Object.hasOwn(known, given) ? known[given] : undefined;
    if (found !== undefined) return found;
    throw new FoveaError("UNSUPPORTED", `fromPretrained: ${name} must be one of ${Object.keys(known).join(", ")}, got ${given}`);
  }

  /** Throws `UNSUPPORTED` unless an option that changes the model is what this library does, or missing. */
  expect(name: string, only: string | number | boolean): void {
    const given = this.#values[name] ?? only;
    if (given !== only)
      throw new FoveaError("UNSUPPORTED", `fromPretrained: ${name} must be ${only}, got ${JSON.stringify(given)}`);
  }

  #read<T>(name: string, otherwise: T | undefined, kind: string, convert: (value: unknown) => T | undefined): T {
    const value = this.#values[name] ?? undefined;
    const found = value === undefined ? otherwise : convert(value);
    if (found !== undefined) return found;
    throw new FoveaError("DATA", `fromPretrained: config.${name} must be ${kind}, got ${JSON.stringify(value)}`);
  }
}

function arrayOf<T>(value: unknown, is: (each: unknown) => each is T): readonly T[] | undefined {
  return Array.isArray(value) && value.every(is) ? value : undefined;
}

/** Hugging Face's names of activations. */
export const ACTIVATIONS = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "geluTanh",
  gelu_pytorch_tanh: "geluTanh",
} as const;
