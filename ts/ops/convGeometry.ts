// What the options of a convolution come down to.

import { FoveaError } from "../runtime/errors.ts";
import type { KernelArgs } from "../runtime/kernels.gen.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { count } from "./checks.ts";

/** One number for both axes, or one for the height and one for the width. */
export type Pair = number | readonly [number, number];

export interface ConvOptions<Size> {
  stride?: Size;
  /** Zeros on either side; `"same"` keeps the length, at stride 1, and `"valid"` is none. */
  padding?: Size | "same" | "valid";
  dilation?: Size;
  /** The channels are cut into as many groups, each with its own filters. */
  groups?: number;
}

/** The product's dims: for each item and group `[channels, taken] · [taken, places]`. */
export interface Geometry {
  readonly batch: number;
  readonly groups: number;
  /** Output channels of a group. */
  readonly channels: number;
  /** Weights of an output channel. */
  readonly taken: number;
  /** Output elements of a channel. */
  readonly places: number;
  readonly outShape: readonly number[];
  readonly windows: Windows;
}

type Windows = Omit<KernelArgs["unfoldForward"], "x" | "out">;

/** Throws `SHAPE` or `RANGE` where sizes and options do not fit, with `op` in the text. */
export function geometryOf(op: string, x: Tensor, weight: Tensor, options: ConvOptions<Pair>): Geometry {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const [batch, inChannels, height, width] = x.shape as [number, number, number, number];
  const [outChannels, ofGroup, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const wanted = expectGroups(op, [inChannels, outChannels], groups);
  if (ofGroup !== wanted)
    throw new FoveaError("SHAPE", `${op}: weight must have inChannels / groups = ${wanted} on its second axis, got ${ofGroup}`);
  const [strides, dilations, paddings] = [pairOf(stride), pairOf(dilation), paddingOf(op, padding)] as const;
  const [y, xs] = [
    axisOf(op, height, kernelHeight, strides[0], paddings[0], dilations[0]),
    axisOf(op, width, kernelWidth, strides[1], paddings[1], dilations[1]),
  ];
  return {
    ...{ batch, groups, channels: outChannels / groups, taken: count(weight.shape.slice(1)), places: y.out * xs.out },
    outShape: [batch, outChannels, y.out, xs.out],
    windows: {
      ...{ planes: batch * inChannels, height, width, kernelHeight, kernelWidth, outHeight: y.out, outWidth: xs.out },
      ...{ strideY: strides[0], strideX: strides[1], paddingY: y.before, paddingX: xs.before },
      ...{ dilationY: dilations[0], dilationX: dilations[1] },
    },
  };
}

/** The input channels of a group. Throws `SHAPE` unless input and output channels can be cut into so many. */
export function expectGroups(op: string, [inChannels, outChannels]: readonly [number, number], groups = 1): number {
  if (Number.isInteger(groups) && groups >= 1 && inChannels % groups === 0 && outChannels % groups === 0)
    return inChannels / groups;
  throw new FoveaError("SHAPE", `${op}: groups must divide the channels, ${inChannels} in and ${outChannels} out, got ${groups}`);
}

function pairOf(size: Pair): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}

function paddingOf(op: string, padding: Pair | "same" | "valid"): readonly [number | "same", number | "same"] {
  if (padding === "same") return ["same", "same"];
  if (padding === "valid") return [0, 0];
  if (typeof padding === "string")
    throw new FoveaError("RANGE", `${op}: padding must be a number, "same" or "valid", got ${JSON.stringify(padding)}`);
  return pairOf(padding);
}

/** How long the output is, and how much is padded before the first element. */
function axisOf(
  op: string,
  length: number,
  kernel: number,
  stride: number,
  padding: number | "same",
  dilation: number,
): { out: number; before: number } {
  const reach = dilation * (kernel - 1) + 1;
  expectSizes(op, { stride, dilation, kernelSize: kernel }, 1);
  if (padding === "same") {
    if (stride === 1) return { out: length, before: Math.floor((reach - 1) / 2) };
    throw new FoveaError("RANGE", `${op}: padding "same" needs a stride of 1, got ${stride}`);
  }
  expectSizes(op, { padding }, 0);
  if (length + 2 * padding < reach)
    throw new FoveaError(
      "SHAPE",
      `${op}: the kernel must fit into the padded input, got kernelSize ${kernel} with dilation ${dilation} for ` +
        `${length} elements with padding ${padding}`,
    );
  return { out: Math.floor((length + 2 * padding - reach) / stride) + 1, before: padding };
}

function expectSizes(op: string, sizes: Record<string, number>, least: number): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < least)
      throw new FoveaError("RANGE", `${op}: ${name} must be a whole number of at least ${least}, got ${size}`);
}
