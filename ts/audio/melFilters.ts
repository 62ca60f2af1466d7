import { FoveaError } from "../runtime/errors.ts";

export interface MelOptions {
  /** In Hz. */
  readonly sampleRate: number;
  /** How many bands. Default 80. */
  readonly nMels?: number | undefined;
  /** Where the lowest band begins, in Hz. Default 0. */
  readonly fMin?: number | undefined;
  /** Where the highest band ends, in Hz. Default half the sample rate. */
  readonly fMax?: number | undefined;
  /** `htk`: 2595 · log10(1 + f / 700). `slaney`: linear below 1 kHz, logarithmic above. Default `htk`. */
  readonly melScale?: "htk" | "slaney" | undefined;
  /** `slaney`: each band is divided by half its width in Hz; null: its peak is 1. Default null. */
  readonly norm?: "slaney" | null | undefined;
}

interface Scale {
  toMel(hz: number): number;
  toHz(mel: number): number;
}

const KNEE = 1000; // Hz, at mel 15
const STEP = Math.log(6.4) / 27; // per mel above it

const SCALES: Readonly<Record<"htk" | "slaney", Scale>> = {
  htk: {
    toMel: (hz) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (hz) => (hz < KNEE ? (3 * hz) / 200 : 15 + Math.log(hz / KNEE) / STEP),
    toHz: (mel) => (mel < 15 ? (200 * mel) / 3 : KNEE * Math.exp(STEP * (mel - 15))),
  },
};

/** Triangles that overlap by half, evenly spaced on the mel scale: `[nMels, nFft / 2 + 1]`. As librosa's `filters.mel`. Throws `RANGE`. */
export function melFilters(nFft: number, options: MelOptions): Float64Array {
  const { sampleRate, nMels = 80, fMin = 0, fMax = sampleRate / 2, melScale = "htk", norm = null } = options;
  if (!(Number.isInteger(nMels) && nMels >= 1))
    throw new FoveaError("RANGE", `melFilters: nMels must be at least 1, got ${nMels}`);
  if (!(fMin >= 0 && fMin < fMax && fMax <= sampleRate / 2))
    throw new FoveaError(
      "RANGE",
      `melFilters: fMin < fMax must lie between 0 and half of ${sampleRate} Hz, got ${fMin} and ${fMax}`,
    );
  if (!Object.hasOwn(SCALES, melScale))
    throw new FoveaError("RANGE", `melFilters: melScale must be htk or slaney, got ${melScale}`);
  if (norm !== null && norm !== "slaney") throw new FoveaError("RANGE", `melFilters: norm must be slaney or null, got ${norm}`);
  const { toMel, toHz } = SCALES[melScale];
  const numBins = Math.floor(nFft / 2) + 1;
  const [low, high] = [toMel(fMin), toMel(fMax)];
  const corners = Array.from({ length: nMels + 2 }, (_, i) => toHz(low + ((high - low) * i) / (nMels + 1)));
  const filters = new Float64Array(nMels * numBins);
  for (let band = 0; band < nMels; band += 1) {
    const [left, peak, right] = [corners[band]!, corners[band + 1]!, corners[band + 2]!];
    const height = norm === "slaney" ? 2 / (right - left) : 1;
    for (let bin = 0; bin < numBins; bin += 1) {
      const hz = (bin * sampleRate) / nFft;
      const triangle = Math.min((hz - left) / (peak - left), (right - hz) / (right - peak));
      filters[band * numBins + bin] = Math.max(0, triangle) * height;
    }
  }
  return filters;
}
