import { FoveaError } from "../runtime/errors.ts";

/** The mean of all channels. `samples` are `[frames, numChannels]`. */
export function toMono({ samples, numChannels }: { readonly samples: Float32Array; readonly numChannels: number }): Float32Array {
  if (numChannels === 1) return samples;
  const mono = new Float32Array(samples.length / numChannels);
  for (let frame = 0; frame < mono.length; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < numChannels; channel += 1) sum += samples[frame * numChannels + channel]!;
    mono[frame] = sum / numChannels;
  }
  return mono;
}

/** A recording played `factor` times as fast, higher in pitch too (Ko et al. 2015), by linear interpolation. Throws `RANGE`. */
export function changeSpeed(samples: Float32Array, factor: number): Float32Array {
  if (!(factor > 0 && Number.isFinite(factor)))
    throw new FoveaError("RANGE", `changeSpeed: factor must be above 0, got ${factor}`);
  const changed = new Float32Array(Math.max(samples.length === 0 ? 0 : 1, Math.floor(samples.length / factor)));
  for (let i = 0; i < changed.length; i += 1) {
    const at = Math.min(i * factor, samples.length - 1);
    const before = Math.floor(at);
    const after = Math.min(before + 1, samples.length - 1);
    changed[i] = samples[before]! + (at - before) * (samples[after]! - samples[before]!);
  }
  return changed;
}
