import { sigmoid, silu, tanh } from "../ops/activations.ts";
import { gelu } from "../ops/gelu.ts";
import { glu } from "../ops/glu.ts";
import { relu } from "../ops/relu.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** `max(x, 0)`. */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `x · Φ(x)`; `approximate: "tanh"` for the formula of GPT-2. */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor({ approximate = "none" }: { approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}

/** `x · sigmoid(x)`. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** `1 / (1 + e⁻ˣ)`. */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** The first half along `axis`, gated by the sigmoid of the second. */
export class GLU extends Module {
  readonly axis: number;

  constructor({ axis = -1 }: { axis?: number } = {}) {
    super();
    this.axis = axis;
  }

  forward(x: Tensor): Tensor {
    return glu(x, { axis: this.axis });
  }
}
