import { parseArgs } from "node:util";
import { FoveaError, type InitOptions, type SamplingOptions } from "fovea";
import { expectWith, numbersOf } from "../flags.ts";

export const HELP = `Models language: foretells the next word, or hidden ones.

  npm run example -- language                     a small language that the example makes
    --train FILE     a text a line
    --valid FILE     the same, foretold after each epoch
    --test FILE      the same, foretold once, at the end
    --model NAME     compare (default): xl, the same without its memory, and gpt, one after the other; or one of gpt, xl, albert
    --segment N      tokens that gpt and xl are given at a time, default 16
    --memory N       tokens before them that xl remembers, default 32
    --epochs N       default 4, for albert 6; of the small language 8, for albert 10
    --vocab N        pieces of words, default 5000
    --width N        of the model, default 128; 64 for the small language
    --layers N       default 2; 4 for albert, which has the parameters of one
    --threads N      default all
    --seed N         default 1
    --out FOLDER     for models, tokenizer, curves and attention; default runs/language

  npm run example -- language --from RUN …         with a model that was trained; RUN is the folder of its model.safetensors
    --generate TEXT  goes on with TEXT (gpt, xl), token by token, the likeliest always unless told otherwise:
    --temperature N  draws; below 1 rather the likely ones
    --top-k N        draws among the N likeliest
    --top-p N        draws among the likeliest whose probabilities add up to N
    --beams N        searches for the likeliest text
    --longest N      tokens at most, default 60
    --fill TEXT      says what may stand in each <mask> of TEXT (albert)`;

const EPOCHS = { small: { next: 8, masked: 10 }, large: { next: 4, masked: 6 } };

export interface TrainOptions {
  readonly files: { readonly train: string; readonly valid: string; readonly test: string | undefined } | null;
  readonly model: "compare" | "gpt" | "xl" | "albert";
  readonly seqLen: number;
  readonly memoryLen: number;
  readonly epochs: number;
  readonly vocab: number;
  readonly width: number;
  readonly layers: number;
  readonly engine: InitOptions;
  readonly seed: number;
  readonly out: string;
}

export interface WriteOptions extends SamplingOptions {
  readonly from: string;
  /** To go on with, or else to fill in. */
  readonly text: string;
  readonly fill: boolean;
  readonly numBeams: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export type Command =
  | { readonly name: "help" }
  | { readonly name: "train"; readonly options: TrainOptions }
  | { readonly name: "write"; readonly options: WriteOptions };

/** Throws `RANGE`, and what `parseArgs` throws. */
export function parseCommand(): Command {
  const text = { type: "string" } as const;
  const training = {
    ...{ train: text, valid: text, test: text, model: text, segment: text, memory: text },
    ...{ epochs: text, vocab: text, width: text, layers: text, threads: text, out: text },
  };
  const drawing = { temperature: text, "top-k": text, "top-p": text, beams: text, longest: text };
  const both = { from: text, generate: text, fill: text, seed: text, help: { type: "boolean", short: "h" } } as const;
  const { values } = parseArgs({ options: { ...training, ...drawing, ...both } });
  if (values.help) return { name: "help" };
  if (values.generate === undefined && values.fill === undefined) {
    if (values.from !== undefined) throw new FoveaError("RANGE", "language: --from needs --generate or --fill, got neither");
    expectWith("language", values, "generate", Object.keys(drawing));
    return { name: "train", options: trainOptions(values) };
  }
  const idle = Object.keys({ ...training, ...(values.fill !== undefined && drawing) }).find((name) => name in values);
  if (idle)
    throw new FoveaError(
      "RANGE",
      `language: --${idle} must be left out with --${values.fill === undefined ? "generate" : "fill"}`,
    );
  return { name: "write", options: writeOptions(values) };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function trainOptions(values: Values): TrainOptions {
  const { train, valid, test, model = "compare", out = "runs/language" } = values as Record<string, string | undefined>;
  if (model !== "compare" && model !== "gpt" && model !== "xl" && model !== "albert")
    throw new FoveaError("RANGE", `language: --model must be compare, gpt, xl or albert, got ${JSON.stringify(model)}`);
  if ((train === undefined) !== (valid === undefined))
    throw new FoveaError("RANGE", `language: --train and --valid go together, got --${train === undefined ? "valid" : "train"}`);
  expectWith("language", values, "train", ["test"]);
  const { whole, engine } = numbersOf("language", values);
  const [small, masked] = [train === undefined, model === "albert"];
  return {
    files: small ? null : { train: train!, valid: valid!, test },
    model,
    seqLen: whole("segment", 16),
    memoryLen: whole("memory", 32, 0),
    epochs: whole("epochs", EPOCHS[small ? "small" : "large"][masked ? "masked" : "next"], 0),
    vocab: whole("vocab", small ? 400 : 5000),
    width: whole("width", small ? 64 : 128),
    layers: whole("layers", masked ? 4 : 2),
    engine: engine(),
    seed: whole("seed", 1, 0),
    out,
  };
}

function writeOptions(values: Values): WriteOptions {
  const { from, generate, fill } = values as Record<string, string | undefined>;
  if (from === undefined)
    throw new FoveaError(
      "RANGE",
      "language: --generate and --fill need --from, the folder of a model that was trained, got none",
    );
  if (generate !== undefined && fill !== undefined)
    throw new FoveaError("RANGE", "language: one of --generate and --fill is needed, got both");
  const { whole, number } = numbersOf("language", values);
  return {
    from,
    text: (generate ?? fill)!.trim(),
    fill: fill !== undefined,
    ...(values.temperature !== undefined && { temperature: number("temperature", 1, 0) }),
    ...(values["top-k"] !== undefined && { topK: whole("top-k", 1) }),
    ...(values["top-p"] !== undefined && { topP: number("top-p", 1, 0, 1) }),
    numBeams: whole("beams", 1),
    maxNewTokens: whole("longest", 60),
    seed: whole("seed", 1, 0),
  };
}
