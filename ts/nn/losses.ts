import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from "../ops/binaryCrossEntropy.ts";
import { type CrossEntropyOptions, crossEntropy } from "../ops/crossEntropy.ts";
import { type CTCLengths, type CTCLossOptions, ctcLoss } from "../ops/ctcLoss.ts";
import {
  type HuberLossOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from "../ops/differenceLosses.ts";
import {
  type CosineEmbeddingLossOptions,
  cosineEmbeddingLoss,
  type InfoNceOptions,
  infoNce,
  type TripletMarginLossOptions,
  tripletMarginLoss,
} from "../ops/embeddingLosses.ts";
import { type KLDivOptions, klDiv } from "../ops/klDiv.ts";
import { type NLLLossOptions, nllLoss } from "../ops/nllLoss.ts";
import type { LossOptions } from "../ops/reduction.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** A loss is its op with the options given once. */
abstract class Loss<Options> extends Module {
  readonly options: Options | undefined;

  constructor(options?: Options) {
    super();
    this.options = options;
  }
}

/** `crossEntropy`. The classes are the last axis of `logits`. */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  forward(logits: Tensor, labels: Tensor): Tensor {
    return crossEntropy(logits, labels, this.options);
  }
}

/** `nllLoss`. The classes are the last axis of `logProbs`. */
export class NLLLoss extends Loss<NLLLossOptions> {
  forward(logProbs: Tensor, labels: Tensor): Tensor {
    return nllLoss(logProbs, labels, this.options);
  }
}

/** `binaryCrossEntropyWithLogits`. */
export class BCEWithLogitsLoss extends Loss<BinaryCrossEntropyWithLogitsOptions> {
  forward(logits: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, target, this.options);
  }
}

/** `binaryCrossEntropy`. */
export class BCELoss extends Loss<BinaryCrossEntropyOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(x, target, this.options);
  }
}

/** `mseLoss`. */
export class MSELoss extends Loss<LossOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return mseLoss(x, target, this.options);
  }
}

/** `l1Loss`. */
export class L1Loss extends Loss<LossOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return l1Loss(x, target, this.options);
  }
}

/** `smoothL1Loss`. */
export class SmoothL1Loss extends Loss<SmoothL1LossOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(x, target, this.options);
  }
}

/** `huberLoss`. */
export class HuberLoss extends Loss<HuberLossOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return huberLoss(x, target, this.options);
  }
}

/** `klDiv`. */
export class KLDivLoss extends Loss<KLDivOptions> {
  forward(x: Tensor, target: Tensor): Tensor {
    return klDiv(x, target, this.options);
  }
}

/** `ctcLoss`. */
export class CTCLoss extends Loss<CTCLossOptions> {
  forward(logProbs: Tensor, targets: Tensor, lengths: CTCLengths = {}): Tensor {
    return ctcLoss(logProbs, targets, { ...this.options, ...lengths });
  }
}

/** `cosineEmbeddingLoss`. */
export class CosineEmbeddingLoss extends Loss<CosineEmbeddingLossOptions> {
  forward(x1: Tensor, x2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(x1, x2, target, this.options);
  }
}

/** `tripletMarginLoss`. */
export class TripletMarginLoss extends Loss<TripletMarginLossOptions> {
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** `infoNce`. */
export class InfoNCE extends Loss<InfoNceOptions> {
  forward(query: Tensor, key: Tensor): Tensor {
    return infoNce(query, key, this.options);
  }
}
