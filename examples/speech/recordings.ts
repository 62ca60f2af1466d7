/** Takes of spoken digits: read from files, joined to strings, changed a little at random for training. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FoveaError, type Rng } from "fovea";
import { changeSpeed, toMono } from "fovea/audio";
import { readTextExamples, readWav } from "fovea/data";

/** One recording: of a digit, or of several one after the other. */
export interface Take {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  /** `"7"`, or `"407"`. */
  readonly digits: string;
  readonly speaker: string;
  /** Which of the speaker's takes of that digit it is, where the name says so. */
  readonly take: number;
}

/**
 * The takes of a folder of files `DIGITS_SPEAKER_TAKE.wav`, or those that a TSV, CSV or JSONL file lists: paths beside it in the column `text`, digits in
 * `label`. Throws `DATA`.
 */
export async function readTakes(path: string): Promise<Take[]> {
  const listed = /\.(tsv|csv|jsonl)$/i.test(path)
    ? (await readTextExamples(path)).map(({ text, label }) => ({ file: resolve(dirname(path), text), digits: label }))
    : (await filesIn(path)).map((file) => ({ file, digits: basename(file).split("_")[0] ?? "" }));
  const takes: Take[] = [];
  for (const { file, digits } of listed) {
    if (!/^\d+$/.test(digits))
      throw new FoveaError("DATA", `${file}: what is said must be digits, got ${JSON.stringify(digits)}`);
    const [, speaker = "", take = ""] = basename(file, ".wav").split("_");
    const recording = await readWav(file);
    takes.push({ samples: toMono(recording), sampleRate: recording.sampleRate, digits, speaker, take: Number(take) });
  }
  const odd = takes.find(({ sampleRate }) => sampleRate !== takes[0]?.sampleRate);
  if (odd)
    throw new FoveaError("DATA", `${path}: all must have one sample rate, got ${takes[0]?.sampleRate} and ${odd.sampleRate} Hz`);
  return takes;
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => null);
  const files = names?.filter((name) => name.endsWith(".wav")).sort() ?? [];
  if (files.length > 0) return files.map((name) => join(folder, name));
  throw new FoveaError("DATA", `${folder}: a folder of .wav files is needed, or a list of them as .tsv, .csv or .jsonl`);
}

/** Takes one after the other, with a breath of up to `longestPause` seconds between them. */
export function joined(takes: readonly Take[], rng: Rng, longestPause: number): Take {
  const { sampleRate } = takes[0]!;
  const pieces = takes.flatMap(({ samples }, i) => {
    const pause = new Float32Array(i === 0 ? 0 : Math.round(rng.uniform() * longestPause * sampleRate));
    return [pause, samples];
  });
  const samples = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return { ...takes[0]!, samples, digits: takes.map(({ digits }) => digits).join("") };
}

/** `count` strings of 3 to 6 digits, each by one speaker: the same for the same seed. */
export function strings(takes: readonly Take[], count: number, rng: Rng): Take[] {
  return Array.from({ length: count }, () => {
    const { speaker } = takes[rng.below(takes.length)]!;
    const own = takes.filter((take) => take.speaker === speaker);
    const length = 3 + rng.below(4);
    return joined(
      Array.from({ length }, () => own[rng.below(own.length)]!),
      rng,
      0.1,
    );
  });
}

/**
 * All `takes` of a batch as strings of the same number of digits, 1 to 6, so that there is little to pad: by one speaker each as far as that goes, or by
 * whoever comes; each take at a speed of its own; louder or softer, with a little noise.
 */
export function practice(takes: readonly Take[], rng: Rng, longest = 6): Take[] {
  const length = Math.max(1, rng.below(longest + 1));
  const order =
    rng.below(2) === 0 ? [...takes].sort((a, b) => Number(a.speaker > b.speaker) - Number(a.speaker < b.speaker)) : takes;
  return Array.from({ length: Math.ceil(order.length / length) }, (_, i) => {
    const pace = 0.85 + 0.3 * rng.uniform();
    const changed = order.slice(i * length, (i + 1) * length).map((take) => {
      const samples = changeSpeed(take.samples, pace * (0.95 + 0.1 * rng.uniform()));
      return { ...take, samples };
    });
    const string = joined(changed, rng, 0.15);
    const [loudness, noise] = [2 ** (2 * rng.uniform() - 1), 10 ** (-3 - rng.uniform())];
    return { ...string, samples: string.samples.map((sample) => loudness * sample + noise * (2 * rng.uniform() - 1)) };
  });
}
