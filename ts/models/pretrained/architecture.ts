import type { Module } from "../../nn/module.ts";
import type { Config } from "./config.ts";
import type { Renames } from "./renames.ts";

/** One of Hugging Face's classes: which model of ours it is, and what its parameters are called there. */
export interface Architecture {
  build(config: Config): Module;
  readonly renames: Renames;
  /** What files have beside parameters that count: buffers, and heads that the class does not use. */
  readonly ignored?: RegExp;
  /** How all names begin that belong to the model without its head; files of that model alone leave it out. */
  readonly base?: string;
}
