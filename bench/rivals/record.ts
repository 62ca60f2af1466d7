import type { Ceilings } from "../ceiling.ts";
import { rate } from "../runKernel.ts";
import type { RivalCase } from "./case.ts";
import type { Measured } from "./measure.ts";
import { workOf } from "./work.ts";

/** One case of one participant. */
export interface RivalRecord {
  name: string;
  shape: string;
  who: string;
  version: string;
  engine: string;
  variant: string;
  threads: number;
  medianMs: number;
  /** The middle half of the samples, from its quickest to its slowest, as a share of the median; null of one sample. */
  spread: number | null;
  samples: number;
  /** By the median; of work that the shape fixes. */
  gflops?: number;
  gbs?: number;
  /** Its median as a multiple of ours. Null where ours failed. */
  ratio: number | null;
  /** What ours reached in the probe, moments before: GFLOP/s of multiply-adds, or GB/s of copying. */
  ceiling: number | null;
  /** Of the ceiling. Native code has wider vectors, and may exceed it. */
  share: number | null;
  checked: boolean;
  /** The largest difference from float64, as a share of the largest value. */
  error: number;
  wrong?: string;
}

/** All of one run, as it is kept. */
export interface RecordFile {
  /** "2026-11-25" */
  date: string;
  machine: { cpu: string; cores: number; system: string };
  /** To repeat it. */
  command: string;
  /** "Node 24.21.0", by the name in the records. */
  engines: Record<string, string>;
  records: RivalRecord[];
}

/** `ours` is what the others are compared with. */
export function recordOf(
  each: RivalCase,
  engine: string,
  { seat, samples, verdict }: Measured,
  ours: number | null,
  ceilings: Ceilings | null,
): RivalRecord {
  const medianMs = quantile(samples, 0.5);
  const { version, variant, threads } = seat.host.about;
  const { error, wrong } = verdict!;
  const { ceiling, share, ...rated } = rate(workOf(each), medianMs, ceilings ?? { gflops: Number.NaN, gbs: Number.NaN });
  return {
    ...{ name: each.name, shape: each.shape, who: seat.name, version, engine, variant, threads, medianMs },
    spread: samples.length > 1 ? (quantile(samples, 0.75) - quantile(samples, 0.25)) / medianMs : null,
    ...{ samples: samples.length, ...rated, ratio: ours === null ? null : medianMs / ours },
    ...{
      ceiling: ceilings && ceiling,
      share: ceilings && share,
      checked: wrong === null,
      error,
      ...(wrong !== null && { wrong }),
    },
  };
}

/** Between two samples, in proportion. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at % 1) * (sorted[Math.ceil(at)]! - below);
}
