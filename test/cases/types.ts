import type { Args } from "../../ts/reference/index.ts";
import type { KernelArgs, KernelName } from "../../ts/runtime/kernels.gen.ts";
import type { Random } from "../harness/random.ts";

type Marked<K extends KernelName> = KernelArgs<"buffer", "buffer", "buffer">[K];
/** The arguments that are buffers. */
export type BufferName<K extends KernelName> = {
  [A in keyof Marked<K>]-?: "buffer" extends Marked<K>[A] ? A : never;
}[keyof Marked<K>];
/** Those that may be left out. */
export type OptionalName<K extends KernelName> = {
  [A in keyof Marked<K>]-?: undefined extends Marked<K>[A] ? A : never;
}[keyof Marked<K>];
/** Dims, flags, ints and scalars. */
export type Numbers<K extends KernelName> = Omit<Marked<K>, BufferName<K>>;

/** One element of an input. */
export type Fill = (at: { index: number; length: number; rng: Random; dims: Record<string, number> }) => number;

/**
 * How far a result may be from the reference: `max(factor · the error of plain float32 loops, absolute + relative · max|reference|)`.
 * "exact" is the reference rounded to float32, bit for bit.
 */
export type Tolerance = "exact" | Bound;

export interface Bound {
  /** 2 for results, 3 for gradients, 0 where plain loops are the mistake the case is about. */
  factor: number;
  absolute?: number;
  relative?: number;
  /** Where the reference is 0 (masked, ignored, dropped), so is the result. */
  zeros?: "exact";
  /** Where the figures come from. */
  source: string;
}

export interface Case<K extends KernelName> {
  /** Why these sizes and values. */
  why: string;
  dims: Numbers<K>;
  /** Optional buffers that are passed; the others are left out. */
  given?: readonly OptionalName<K>[];
  /** Instead of the kernel's own. */
  fill?: { [B in BufferName<K>]?: Fill };
  tolerance?: { [B in BufferName<K>]?: Tolerance };
  /** Enough work for the pool to spread it. */
  spreads?: true;
}

export interface KernelCases<K extends KernelName> {
  /** Every buffer that is read, and the start of every one that is updated. */
  fill: { [B in BufferName<K>]?: Fill };
  /** Fills inputs that are another kernel's results, by the reference. */
  derive?: (args: Args[K]) => void;
  /** Every buffer that is written. */
  tolerance: { [B in BufferName<K>]?: Tolerance };
  /** Names the part of a buffer that an element belongs to, where one buffer holds several results: each is judged by its own scale. */
  part?: (buffer: string, index: number, dims: Record<string, number>) => string;
  cases: readonly Case<K>[];
}
