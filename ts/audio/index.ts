/**
 * From recordings to what a model hears of them.
 *
 *     import { MelSpectrogram, specAugment } from "fovea/audio";
 *     import { readWav } from "fovea/data";
 *
 *     const features = new MelSpectrogram({ sampleRate: 8000, nFft: 256, winLength: 200, hopLength: 80, nMels: 40 });
 *     const logMel = features.logMel((await readWav("seven.wav")).samples);
 *
 * @module
 */
export { type MelOptions, melFilters } from "./melFilters.ts";
export { MelSpectrogram, type MelSpectrogramOptions } from "./melSpectrogram.ts";
export { type SpecAugmentOptions, specAugment } from "./specAugment.ts";
export { type Statistics, standardize, statisticsOf } from "./standardize.ts";
export { type Spectrogram, Stft, type StftOptions } from "./stft.ts";
export { changeSpeed, toMono } from "./waveform.ts";
