import type { Histogram } from "./histogram.ts";
import type { Bitmap } from "./png.ts";
import { bytes, double, doubles, float, message, varint } from "./protobuf.ts";

// Fields by number as in TensorFlow's event.proto, summary.proto, tensor.proto and types.proto.

/** Seconds since 1970, and the step. */
export interface Moment {
  readonly seconds: number;
  readonly step: number;
}

const event = ({ seconds, step }: Moment, content: Uint8Array): Uint8Array =>
  message(double(1, seconds), varint(2, step), content);

/** The first of a file: that it is one. */
export const versionEvent = (moment: Moment): Uint8Array => event(moment, bytes(3, "brain.Event:2"));

const SESSION_START = 1;

/** That a run goes on: readers forget what an earlier file has from this step on. */
export const restartEvent = (moment: Moment): Uint8Array => event(moment, bytes(7, varint(1, SESSION_START)));

/** Values, each with its tag, in one event. */
export const summaryEvent = (moment: Moment, ...values: readonly Uint8Array[]): Uint8Array =>
  event(moment, bytes(5, message(...values.map((value) => bytes(1, value)))));

export const scalarValue = (tag: string, value: number): Uint8Array => message(bytes(1, tag), float(2, value));

export function histogramValue(tag: string, { min, max, count, sum, sumSquares, limits, counts }: Histogram): Uint8Array {
  const numbers = [min, max, count, sum, sumSquares].map((value, i) => double(i + 1, value));
  return message(bytes(1, tag), bytes(5, message(...numbers, doubles(6, limits), doubles(7, counts))));
}

export function imageValue(tag: string, { width, height, channels }: Bitmap, png: Uint8Array): Uint8Array {
  return message(bytes(1, tag), bytes(4, message(varint(1, height), varint(2, width), varint(3, channels), bytes(4, png))));
}

const DT_STRING = 7;

/** A tensor of one string, `[1]`, for the plugin that shows text as Markdown. */
export function textValue(tag: string, text: string): Uint8Array {
  const shape = bytes(2, varint(1, 1));
  const tensor = message(varint(1, DT_STRING), bytes(2, shape), bytes(8, text));
  const plugin = bytes(1, "text");
  return message(bytes(1, tag), bytes(8, tensor), bytes(9, bytes(1, plugin)));
}
