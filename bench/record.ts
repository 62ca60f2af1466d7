/** One case, as `--json` writes it. */
export interface BenchRecord {
  name: string;
  shape: string;
  variant: string;
  threads: number;
  medianMs: number;
  minMs: number;
  /** By the median; of work that the shape fixes, not of what a kernel happens to do. Cases that move no data have neither. */
  gflops?: number;
  gbs?: number;
  /** What this process reached in the probe: GFLOP/s of multiply-adds, or GB/s of copying. */
  ceiling: number | null;
  /** Of the ceiling, 0 to 1. */
  share: number | null;
  /** Whether the answer was right, before the clock started. */
  checked: boolean;
  /** What was wrong. */
  wrong?: string;
  /** Plain TypeScript: the float64 reference of a kernel, or the library over float32 loops, on `baselineShare` of the work. */
  baselineMs?: number;
  baselineShare?: number;
  /** Our median on that part, where it is not `baselineShare · medianMs`: a training step has costs that do not shrink with the batch. */
  partMs?: number;
  /** Wasm memory that the call needed beyond its arguments and results. */
  bytes?: number;
}

/** The time of plain TypeScript. */
export interface Baseline {
  name: string;
  baselineMs: number;
  baselineShare: number;
}
