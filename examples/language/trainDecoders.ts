import { evaluate, fit, manualSeed } from "fovea";
import {
  type Decoder,
  type DecoderConfig,
  decoderAttention,
  newDecoder,
  nextToken,
  slidingPerplexity,
  unigramPerplexity,
} from "./decoders.ts";
import { NATS } from "./makeStories.ts";
import type { TrainOptions } from "./options.ts";
import { oneText, SegmentStream } from "./text.ts";
import { type Data, type EpochRecord, type Outcome, parametersOf, recipe } from "./training.ts";
import { goOn } from "./write.ts";

const DROPOUT = 0.1;
const LANES = { small: 16, large: 32, valid: 8 };
/** How many words of a text are given for the model to go on with. */
const BEGUN = { small: 24, large: 4 };

interface Result {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly model: Decoder;
  /** Segment by segment, as it was trained. */
  readonly perplexity: number;
  /** With a whole segment before each token; of those that remember nothing. */
  readonly sliding: number | null;
}

/** Trains one decoder, or several on the same segments and from the same seed, and lets each go on with some texts. */
export async function trainDecoders(data: Data, options: TrainOptions): Promise<Outcome> {
  const records: EpochRecord[] = [];
  const results: Result[] = [];
  for (const kind of contestants(options)) results.push(await trainDecoder(kind, data, options, records));
  console.log(table(data, results, options).join("\n"));
  for (const result of results) if (result.name !== WITHOUT) await showTexts(result, data, options);
  const { tokenizer } = data;
  const [first] = results as [Result, ...Result[]];
  return {
    records,
    facts: [
      ...results.map(({ name, perplexity }) => `${name}: perplexity ${perplexity.toFixed(2)}`),
      `the maps are of ${first.name}: a row for each token of a segment, a column for each that it could look at`,
    ],
    samples: [decoderAttention(first.model, tokenizer, oneText(data.valid).slice(0, 2 * options.seqLen), options.seqLen)],
    runs: results.map(({ name, config, model }) => ({ name, config, model, tokenizer })),
  };
}

type Kind = Pick<DecoderConfig, "model" | "memoryLen"> & { readonly name: string };

const WITHOUT = "xl-without-memory";

function contestants({ model, memoryLen }: TrainOptions): Kind[] {
  const xl = { name: "xl", model: "xl", memoryLen } as const;
  const gpt = { name: "gpt", model: "gpt", memoryLen: 0 } as const;
  return model === "compare" ? [xl, { ...xl, name: WITHOUT, memoryLen: 0 }, gpt] : [model === "gpt" ? gpt : xl];
}

async function trainDecoder(kind: Kind, data: Data, options: TrainOptions, records: EpochRecord[]): Promise<Result> {
  const { name, ...rest } = kind;
  const { tokenizer, train, valid } = data;
  const { files, seqLen, width, layers, seed, epochs } = options;
  const sizes = { vocabSize: tokenizer.size, dModel: width, numHeads: 4, numLayers: layers, dropout: DROPOUT, seqLen };
  const config = { ...rest, ...sizes };
  manualSeed(seed);
  const model = newDecoder(config);
  console.log(`${name}: ${parametersOf(model)} parameters`);
  const stream = new SegmentStream(train, { seqLen, lanes: files ? LANES.large : LANES.small, seed });
  const held = new SegmentStream(valid, { seqLen, lanes: LANES.valid });
  await fit(model, stream, {
    ...recipe(name, model, options, records),
    objective: nextToken(),
    steps: epochs * stream.steps,
    valid: held,
  });
  model.eval();
  const { loss } = await evaluate(model, held, { objective: nextToken() });
  if (data.test) {
    const tested = new SegmentStream(data.test, { seqLen, lanes: LANES.valid });
    const perplexity = Math.exp((await evaluate(model, tested, { objective: nextToken() })).loss);
    console.log(`${name}, test: perplexity ${perplexity.toFixed(2)}`);
  }
  const sliding = config.memoryLen > 0 ? null : slidingPerplexity(model, oneText(valid), seqLen);
  return { name, config, model, perplexity: Math.exp(loss), sliding };
}

/** Perplexities side by side, with what can be had for less. */
function table({ train, valid, tokenizer }: Data, results: readonly Result[], { files, seqLen }: TrainOptions): string[] {
  const text = oneText(valid);
  const row = (name: string, ...values: readonly (string | number)[]): string => {
    const cells = values.map((value) => (typeof value === "number" ? value.toFixed(2) : value));
    return `${name.padEnd(34)}${cells.map((cell) => cell.padStart(12)).join("")}`;
  };
  const least = (nats: number): number => Math.exp((nats * valid.length) / (text.length - 1));
  return [
    row(`perplexity of ${(text.length - 1).toLocaleString("en")} tokens`, "in segments", `${seqLen} before`),
    row("frequencies alone", unigramPerplexity(oneText(train), text, tokenizer.size)),
    ...results.map(({ name, perplexity, sliding }) => row(name, perplexity, sliding ?? "—")),
    ...(files ? [] : [row("the least there is", least(NATS.remembering)), row("… for the forgetful", least(NATS.forgetting))]),
  ];
}

async function showTexts({ name, ...trained }: Result, { texts, tokenizer }: Data, { files, seed }: TrainOptions): Promise<void> {
  const begun = files ? BEGUN.large : BEGUN.small;
  const beginning = texts[0]!.split(" ").slice(0, begun).join(" ");
  const ways = { greedy: {}, "top-p 0.9": { topP: 0.9, seed }, "4 beams": { numBeams: 4 } };
  for (const [way, how] of Object.entries(ways)) {
    process.stdout.write(`${name}, ${way}: `);
    await goOn({ ...trained, tokenizer }, beginning, { ...how, maxNewTokens: 40 });
  }
}
