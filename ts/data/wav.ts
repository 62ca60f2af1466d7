import type { FoveaError } from "../runtime/errors.ts";
import { ByteReader } from "./byteReader.ts";
import { type ByteChunks, readBytes } from "./readBytes.ts";
import type { SourceName } from "./table.ts";

export interface WavFormat {
  /** In Hz. */
  readonly sampleRate: number;
  readonly numChannels: number;
}

/** A recording. */
export interface Recording extends WavFormat {
  /** From -1 to 1, `[frames, numChannels]`. */
  readonly samples: Float32Array;
}

/** One piece of a recording. */
export interface WavBlock extends Recording {
  /** Its first frame, from 0. */
  readonly start: number;
}

type Decode = (view: DataView, at: number) => number;

/** By format (1: whole numbers, 3: floating point) and bits. Whole numbers are divided by 2 ** (bits - 1). */
const DECODERS: Readonly<Record<string, Decode>> = {
  "1/8": (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  "1/16": (view, at) => view.getInt16(at, true) / 2 ** 15,
  "1/24": (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23,
  "1/32": (view, at) => view.getInt32(at, true) / 2 ** 31,
  "3/32": (view, at) => view.getFloat32(at, true),
  "3/64": (view, at) => view.getFloat64(at, true),
};
const EXTENSIBLE = 0xfffe;
const BLOCK_FRAMES = 16_384;
/** What a writer to a pipe puts for a length it does not know. */
const UNKNOWN_LENGTH = 0xffff_ffff;

/** A whole WAV file (Node). Throws `DATA` as `wavBlocks` does. */
export async function readWav(path: string): Promise<Recording> {
  const blocks: WavBlock[] = [];
  for await (const block of wavBlocks(readBytes(path), { name: path })) blocks.push(block);
  const { sampleRate, numChannels } = blocks[0]!;
  const samples = new Float32Array(blocks.reduce((length, block) => length + block.samples.length, 0));
  for (const block of blocks) samples.set(block.samples, block.start * numChannels);
  return { sampleRate, numChannels, samples };
}

/**
 * The samples of a WAV file as they arrive, 16,384 frames at a time; of an empty recording one block without samples. Whole numbers of 8, 16, 24 or 32
 * bits and floating point. Throws `DATA`, naming the byte, for what is no WAV file, for another format, and for one that ends early.
 */
export async function* wavBlocks(
  chunks: ByteChunks,
  { name = "wav" }: SourceName = {},
): AsyncGenerator<WavBlock, void, undefined> {
  const reader = new ByteReader(chunks, name);
  try {
    const { format, bytes } = await findData(reader);
    const { sampleRate, numChannels, frameBytes, decode } = format;
    const frames = Math.floor(bytes / frameBytes);
    let start = 0;
    do {
      const wanted = Math.min(BLOCK_FRAMES, frames - start);
      const view = await reader.takeUpTo(wanted * frameBytes);
      const got = Math.floor(view.byteLength / frameBytes);
      if (got < wanted && bytes !== UNKNOWN_LENGTH)
        throw reader.error(`the file ends after ${start + got} of the ${frames} frames that are announced`);
      const samples = new Float32Array(got * numChannels);
      for (let i = 0; i < samples.length; i += 1) samples[i] = decode(view, (i * frameBytes) / numChannels);
      if (got > 0 || start === 0) yield { sampleRate, numChannels, samples, start };
      if (got < wanted) return;
      start += wanted;
    } while (start < frames);
  } finally {
    await reader.close();
  }
}

interface Format extends WavFormat {
  readonly frameBytes: number;
  readonly decode: Decode;
}

/** Reads up to the samples. Chunks that are neither `fmt ` nor `data` are passed over; an odd one has a byte of padding. */
async function findData(reader: ByteReader): Promise<{ format: Format; bytes: number }> {
  const riff = await reader.take(12, "the header");
  if (text(riff, 0) !== "RIFF" || text(riff, 8) !== "WAVE")
    throw reader.error(
      `a WAV file starts with RIFF and WAVE, got ${JSON.stringify(text(riff, 0))} and ${JSON.stringify(text(riff, 8))}`,
      12,
    );
  let format: Format | null = null;
  for (;;) {
    const chunk = await reader.take(8, "the file, before any samples");
    const [id, bytes] = [text(chunk, 0), chunk.getUint32(4, true)];
    if (id === "data") {
      if (format === null) throw reader.error("the format must come before the samples", 8);
      return { format, bytes };
    }
    if (id === "fmt ")
      format = formatOf(await reader.take(bytes + (bytes % 2), "the format"), (problem) => reader.error(problem, bytes));
    else await reader.skip(bytes + (bytes % 2));
  }
}

function formatOf(view: DataView, error: (problem: string) => FoveaError): Format {
  if (view.byteLength < 16) throw error(`the format must have 16 bytes or more, got ${view.byteLength}`);
  const tag = view.getUint16(0, true);
  const kind = tag === EXTENSIBLE && view.byteLength >= 26 ? view.getUint16(24, true) : tag;
  const [numChannels, sampleRate, bits] = [view.getUint16(2, true), view.getUint32(4, true), view.getUint16(14, true)];
  const decode = DECODERS[`${kind}/${bits}`];
  if (decode === undefined)
    throw error(`samples must be whole numbers of 8, 16, 24 or 32 bits or floating point, got format ${kind} of ${bits} bits`);
  if (numChannels === 0 || sampleRate === 0)
    throw error(`channels and rate must be at least 1, got ${numChannels} and ${sampleRate}`);
  return { sampleRate, numChannels, frameBytes: (numChannels * bits) / 8, decode };
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
}
