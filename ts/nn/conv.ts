import { type ConvOptions, conv1d, conv2d, type Pair } from "../ops/conv.ts";
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

  constructor(shape: readonly number[], { bias = true, ...options }: ConvModuleOptions<Size>) {
    super();
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    this.weight = parameter(kaimingUniform(shape, fanIn));
    this.bias = bias ? parameter(kaimingUniform(shape.slice(0, 1), fanIn)) : null;
    this.options = options;
  }
}

/** `conv1d` with its weight and options: `x [batch, inChannels, length]`, out `[batch, outChannels, outLength]`. */
export class Conv1d extends Conv<number> {
  /** Throws `SHAPE` for sizes that are none, also of a group. */
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvModuleOptions<number> = {}) {
    super([outChannels, inChannels / (options.groups ?? 1), kernelSize], options);
  }

  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/** `conv2d` with its weight and options: `x [batch, inChannels, height, width]`, out `[batch, outChannels, outHeight, outWidth]`. */
export class Conv2d extends Conv<Pair> {
  /** Throws `SHAPE` for sizes that are none, also of a group. */
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvModuleOptions<Pair> = {}) {
    const kernel = typeof kernelSize === "number" ? [kernelSize, kernelSize] : kernelSize;
    super([outChannels, inChannels / (options.groups ?? 1), ...kernel], options);
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}
