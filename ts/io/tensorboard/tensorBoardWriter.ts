import { FoveaError } from "../../runtime/errors.ts";
import { nodeModule } from "../../runtime/node.ts";
import * as events from "./events.ts";
import { histogramOf } from "./histogram.ts";
import { type Bitmap, encodePng } from "./png.ts";
import { framed } from "./records.ts";

export interface TensorBoardOptions {
  /** For a run that goes on: what earlier files of the folder say of this step and later ones is forgotten. */
  purgeStep?: number | undefined;
}

/** What of Node's modules it takes. */
interface System {
  readonly fs: typeof import("node:fs");
  readonly deflate: (bytes: Uint8Array) => Uint8Array;
}

let files = 0; // a process may open several in one second

/**
 * An event file of TensorBoard's (Node): `tensorboard --logdir runs` shows a line of curves for each folder below. Each event is in the file when
 * the call returns.
 *
 *     const board = await TensorBoardWriter.open("runs/a");
 *     board.addScalar("train/loss", 0.3, 100);
 *     board.close();
 */
export class TensorBoardWriter {
  readonly path: string;
  readonly #system: System;
  #file: number | null;

  private constructor(path: string, system: System) {
    this.path = path;
    this.#system = system;
    this.#file = system.fs.openSync(path, "wx");
  }

  /** Begins a file in `folder`, which is made. Throws `RANGE`. */
  static async open(folder: string, { purgeStep }: TensorBoardOptions = {}): Promise<TensorBoardWriter> {
    const [fs, os, zlib] = await Promise.all([
      nodeModule<typeof import("node:fs")>("fs"),
      nodeModule<typeof import("node:os")>("os"),
      nodeModule<typeof import("node:zlib")>("zlib"),
    ]);
    if (purgeStep !== undefined) expectStep(purgeStep);
    fs.mkdirSync(folder, { recursive: true });
    files += 1;
    const name = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${os.hostname()}.${process.pid}.${files}`;
    const writer = new TensorBoardWriter(`${folder}/${name}`, { fs, deflate: (bytes) => zlib.deflateSync(bytes) });
    writer.#write(events.versionEvent(now(purgeStep ?? 0)));
    if (purgeStep !== undefined) writer.#write(events.restartEvent(now(purgeStep)));
    return writer;
  }

  /** A point of a curve. Throws `RANGE` for a step that is no whole number, as all of these, and `STATE` once it is closed. */
  addScalar(tag: string, value: number, step: number): void {
    this.addScalars({ [tag]: value }, step);
  }

  /** Points of several curves, by their tags, in one event. */
  addScalars(values: Readonly<Record<string, number>>, step: number): void {
    const points = Object.entries(values).map(([tag, value]) => events.scalarValue(tag, value));
    this.#add(step, ...points);
  }

  /** How `values` are spread, in 30 buckets; without any finite value nothing is written. */
  addHistogram(tag: string, values: ArrayLike<number>, step: number): void {
    const histogram = histogramOf(values);
    if (histogram) this.#add(step, events.histogramValue(tag, histogram));
  }

  /** Markdown. */
  addText(tag: string, text: string, step: number): void {
    this.#add(step, events.textValue(tag, text));
  }

  /** Throws `SHAPE` besides. */
  addImage(tag: string, bitmap: Bitmap, step: number): void {
    this.#add(step, events.imageValue(tag, bitmap, encodePng(bitmap, this.#system.deflate)));
  }

  /** Closing it again does nothing. */
  close(): void {
    if (this.#file !== null) this.#system.fs.closeSync(this.#file);
    this.#file = null;
  }

  #add(step: number, ...values: readonly Uint8Array[]): void {
    expectStep(step);
    if (values.length > 0) this.#write(events.summaryEvent(now(step), ...values));
  }

  #write(event: Uint8Array): void {
    if (this.#file === null) throw new FoveaError("STATE", `TensorBoardWriter: ${this.path} is closed; open another`);
    this.#system.fs.writeSync(this.#file, framed(event));
  }
}

const now = (step: number): events.Moment => ({ seconds: Date.now() / 1000, step });

function expectStep(step: number): void {
  if (Number.isSafeInteger(step) && step >= 0) return;
  throw new FoveaError("RANGE", `TensorBoardWriter: a step must be a whole number of at least 0, got ${step}`);
}
