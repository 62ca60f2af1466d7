import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MelSpectrogram, type MelSpectrogramOptions } from "fovea/audio";
import { readWav } from "fovea/data";
import { type Golden, type GoldenCase, goldenFolder, testGoldens } from "./goldens.ts";

interface AudioCase extends GoldenCase {
  recording: string;
  sampleRate: number;
  options: Omit<Required<MelSpectrogramOptions>, "sampleRate">;
}

/** Beside the goldens, or in a folder of recordings beside theirs. */
const FOLDERS = [
  join(goldenFolder, "audio"),
  fileURLToPath(new URL("audio", import.meta.url)),
  join(goldenFolder, "../data/fsdd"),
];

const index = join(goldenFolder, "audio", "index.json");
const { cases } = (existsSync(index) ? JSON.parse(readFileSync(index, "utf8")) : { cases: [] }) as { cases: AudioCase[] };
const recordings = new Map<string, Float32Array>();
for (const { recording } of cases) {
  const path = FOLDERS.map((folder) => join(folder, recording)).find(existsSync);
  if (path) recordings.set(recording, (await readWav(path)).samples);
}

testGoldens<AudioCase>(
  "audio",
  [{ why: "the recording is not here", is: ({ recording }) => !recordings.has(recording) }],
  ({ recording, sampleRate, options }) => {
    const samples = recordings.get(recording)!;
    const features = new MelSpectrogram({ ...options, sampleRate });
    const { magnitudes, numFrames, numBins } = features.stft.transform(samples);
    const byBand = (values: Float32Array): Golden => transposed(values, numFrames, features.nMels);
    return {
      "output.magnitude": transposed(Float32Array.from(magnitudes), numFrames, numBins),
      "output.filters": { shape: [features.nMels, numBins], values: Float32Array.from(features.filters) },
      "output.mel": byBand(features.mel(samples)),
      "output.logMel": byBand(features.logMel(samples)),
    };
  },
);

/** The goldens have time last. */
function transposed(values: Float32Array, rows: number, cols: number): Golden {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1)
    for (let col = 0; col < cols; col += 1) result[col * rows + row] = values[row * cols + col]!;
  return { shape: [cols, rows], values: result };
}
