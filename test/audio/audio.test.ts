import { Rng } from "fovea";
import { changeSpeed, MelSpectrogram, melFilters, Stft, specAugment, standardize, statisticsOf, toMono } from "fovea/audio";
import { describe, expect, it, test } from "vitest";

const sine = (hz: number, numSamples: number, sampleRate = 8000): Float32Array =>
  Float32Array.from({ length: numSamples }, (_, i) => Math.sin((2 * Math.PI * hz * i) / sampleRate));

describe("Stft", () => {
  it.each([16, 250, 256, 399, 2])("of %d samples is what the sum says", (nFft) => {
    const samples = sine(1234.5, 3 * nFft);
    const { magnitudes, numFrames, numBins } = new Stft({ nFft, hopLength: nFft, center: false }).transform(samples);
    expect([numFrames, numBins]).toEqual([3, Math.floor(nFft / 2) + 1]);
    let [worst, largest] = [0, 0];
    for (let k = 0; k < numBins; k += 1) {
      let [re, im] = [0, 0];
      for (let n = 0; n < nFft; n += 1) {
        const value = samples[nFft + n]! * Math.sin((Math.PI * n) / nFft) ** 2;
        re += value * Math.cos((2 * Math.PI * k * n) / nFft);
        im -= value * Math.sin((2 * Math.PI * k * n) / nFft);
      }
      worst = Math.max(worst, Math.abs(magnitudes[numBins + k]! - Math.hypot(re, im)));
      largest = Math.max(largest, Math.hypot(re, im));
    }
    expect(worst).toBeLessThan(1e-11 * largest); // measured: 1e-13, of the sum itself
  });

  it.each([
    [{ nFft: 256, hopLength: 80 }, 400, 6],
    [{ nFft: 256, hopLength: 80, center: false }, 255, 0],
    [{ nFft: 256, hopLength: 80, center: false }, 256, 1],
    [{ nFft: 256, hopLength: 80, padMode: "constant" as const }, 1, 1],
  ])("%j of %d samples has %d frames", (options, numSamples, numFrames) => {
    const stft = new Stft(options);
    expect(stft.numFrames(numSamples)).toBe(numFrames);
    expect(stft.transform(new Float32Array(numSamples)).numFrames).toBe(numFrames);
  });
});

describe("MelSpectrogram", () => {
  const features = new MelSpectrogram({ sampleRate: 8000, nFft: 256, winLength: 200, hopLength: 80, nMels: 40 });

  it("hears a tone in the band where it lies, and silence as the floor", () => {
    const tone = features.mel(sine(1000, 2000));
    const frame = [...tone.subarray(40 * 10, 40 * 11)];
    const corner =
      700 * (10 ** ((((2595 * Math.log10(1 + 4000 / 700)) / 41) * (frame.indexOf(Math.max(...frame)) + 1)) / 2595) - 1);
    expect(Math.abs(corner - 1000)).toBeLessThan(100);
    expect(new Set(features.logMel(new Float32Array(800)))).toEqual(new Set([Math.fround(Math.log(1e-10))]));
  });
});

describe("specAugment", () => {
  const features = Float32Array.from({ length: 50 * 8 }, (_, i) => 1 + i);

  it("masks whole frames and whole bands, within limits, the same from the same seed", () => {
    const options = { timeMasks: 1, maxTimeMask: 10, frequencyMasks: 1, maxFrequencyMask: 2, value: 0 };
    const masked = specAugment(features, 8, new Rng(7), options);
    expect(masked).toEqual(specAugment(features, 8, new Rng(7), options));
    const isMasked = (t: number, band: number): boolean => masked[t * 8 + band] === 0;
    const frames = Array.from({ length: 50 }, (_, t) => t).filter((t) =>
      [0, 1, 2, 3, 4, 5, 6, 7].every((band) => isMasked(t, band)),
    );
    const bands = [0, 1, 2, 3, 4, 5, 6, 7].filter((band) =>
      Array.from({ length: 50 }, (_, t) => t).every((t) => isMasked(t, band)),
    );
    expect(frames.length).toBeLessThanOrEqual(10);
    expect(bands.length).toBeLessThanOrEqual(2);
    for (let t = 0; t < 50; t += 1)
      for (let band = 0; band < 8; band += 1) {
        if (isMasked(t, band)) expect(frames.includes(t) || bands.includes(band)).toBe(true);
        else expect(masked[t * 8 + band]).toBe(features[t * 8 + band]);
      }
  });

  it("reaches both ends and every length, and leaves the features alone", () => {
    const rng = new Rng(1);
    const before = features.slice();
    const lengths = new Set<number>();
    let [first, last] = [false, false];
    for (let i = 0; i < 300; i += 1) {
      const masked = specAugment(features, 8, rng, { timeMasks: 1, maxTimeMask: 4, frequencyMasks: 0, value: 0 });
      lengths.add(masked.filter((value) => value === 0).length / 8);
      first ||= masked[0] === 0;
      last ||= masked.at(-1) === 0;
    }
    expect([...lengths].sort()).toEqual([0, 1, 2, 3, 4]);
    expect([first, last]).toEqual([true, true]);
    expect(features).toEqual(before);
  });
});

test("a waveform is mixed down, and played faster or slower", () => {
  expect([...toMono({ samples: Float32Array.of(1, 3, -2, 2), numChannels: 2 })]).toEqual([2, 0]);
  expect([...changeSpeed(Float32Array.of(0, 1, 2, 3), 2)]).toEqual([0, 2]);
  expect([...changeSpeed(Float32Array.of(0, 1, 2), 0.5)]).toEqual([0, 0.5, 1, 1.5, 2, 2]);
  expect(changeSpeed(new Float32Array(0), 2)).toHaveLength(0);
});

test("features are standardized by column", () => {
  const result = standardize(Float32Array.of(1, 5, 3, 5), 2);
  expect(result[0]).toBeCloseTo(-1, 4);
  expect(result[2]).toBeCloseTo(1, 4);
  expect([result[1], result[3]]).toEqual([0, 0]);
  const statistics = statisticsOf([Float32Array.of(0, 1), Float32Array.of(2, 1, 4, 1)], 2);
  expect([...statistics.mean]).toEqual([2, 1]);
  expect(statistics.std[0]).toBeCloseTo(Math.sqrt(8 / 3), 12);
  expect(standardize(Float32Array.of(2, 3), 2, { mean: Float64Array.of(0, 1), std: Float64Array.of(2, 4) })[0]).toBeCloseTo(1, 4);
});

describe("what makes no sense is refused", () => {
  it.each<[what: string, call: () => unknown, code: string]>([
    ["a window longer than the transform", () => new Stft({ nFft: 8, winLength: 9 }), "RANGE"],
    ["half a hop", () => new Stft({ hopLength: 0.5 }), "RANGE"],
    ["a recording too short to mirror", () => new Stft({ nFft: 8 }).transform([1, 2, 3, 4]), "RANGE"],
    ["no band", () => melFilters(8, { sampleRate: 8000, nMels: 0 }), "RANGE"],
    ["a band above half the rate", () => melFilters(8, { sampleRate: 8000, fMax: 4001 }), "RANGE"],
    ["a floor of 0", () => new MelSpectrogram({ sampleRate: 8000, floor: 0 }), "RANGE"],
    ["half a frame to mask", () => specAugment(new Float32Array(7), 2, new Rng(0)), "SHAPE"],
    ["less than no mask", () => specAugment(new Float32Array(8), 2, new Rng(0), { timeMasks: -1 }), "RANGE"],
    ["half a frame to standardize", () => standardize(new Float32Array(3), 2), "SHAPE"],
    ["statistics of other columns", () => standardize(new Float32Array(4), 2, statisticsOf([], 3)), "SHAPE"],
    ["a speed of 0", () => changeSpeed(new Float32Array(3), 0), "RANGE"],
  ])("%s", (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});

test.each([
  [{ melScale: "mel" }, "melFilters: melScale must be htk or slaney, got mel"],
  [{ norm: "l2" }, "melFilters: norm must be slaney or null, got l2"],
  [{ padMode: "wrap" }, "Stft: padMode must be reflect or constant, got wrap"],
])("a choice that is none is refused: %j", (options, message) => {
  expect(() => new MelSpectrogram({ sampleRate: 8000, ...(options as object) })).toThrow(message);
});
