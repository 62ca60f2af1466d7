import { type ConvOptions, conv1d, conv2d, expectGroups, type Pair } from "../ops/conv.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { kaimingUniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

export interface ConvModuleOptions<Size> extends ConvOptions<Size> {
  bias?: boolean;
}

/** Weight and bias of a convolution, as PyTorch starts them. */
abstract class Conv<Size> extends Module {
  /** `[outChannels, inChannels / groups, …kernelSize]` */
  readonly weight: Tensor;
  /** `[outChannels]` */
  readonly bias: Tensor | null;
  readonly options: ConvOptions<Size>;

  constructor(op: string, channels: readonly [number, number], kernel: readonly number[], options: ConvModuleOptions<Size>) {
    super();
    const { bias = true, ...rest } = options;
    const shape = [channels[1], expectGroups(op, channels, rest.groups), ...kernel];
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    this.weight = parameter(kaimingUniform(shape, fanIn));
    this.bias = bias ? parameter(kaimingUniform([channels[1]], fanIn)) : null;
    this.options = rest;
  }
}

/** `conv1d` with its weight and options: `x [batch, inChannels, length]`, out `[batch, outChannels, outLength]`. */
export class Conv1d extends Conv<number> {
  /** Throws `SHAPE`. */
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvModuleOptions<number> = {}) {
    super("Conv1d", [inChannels, outChannels], [kernelSize], options);
  }

  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/** `conv2d` with its weight and options: `x [batch, inChannels, height, width]`, out `[batch, outChannels, outHeight, outWidth]`. */
export class Conv2d extends Conv<Pair> {
  /** Throws `SHAPE`. */
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvModuleOptions<Pair> = {}) {
    const kernel = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
    super("Conv2d", [inChannels, outChannels], kernel, options);
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}
