import type { Work } from "../work.ts";
import type { RivalCase } from "./case.ts";

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** What the mathematics asks for, by README.md's rules: operations of the matrix products, or bytes that must be read and written. */
export function workOf(each: RivalCase): Work {
  switch (each.op) {
    case "matmul":
      return flops(2 * each.m * each.n * each.k);
    case "softmax":
      return { flops: 0, bytes: 2 * FLOAT * each.rows * each.cols };
    case "layerNorm":
      return { flops: 0, bytes: FLOAT * (2 * each.rows * each.cols + 2 * each.cols) };
    case "attention": {
      const { batch, numHeads, seqLen, headDim, causal, backward } = each;
      const pairs = batch * numHeads * (causal ? (seqLen * (seqLen + 1)) / 2 : seqLen * seqLen);
      return flops((backward ? 14 : 4) * pairs * headDim);
    }
    case "multiheadAttention":
      return flops(each.batch * layer({ ...each, dimFeedforward: 0 }));
    case "encoderLayer":
      return flops(each.batch * layer(each));
    case "trainingStep":
      // Forward once, backward twice; but attention's backward is five products for forward's two.
      return flops(each.batch * each.numLayers * (3 * layer(each) + 2 * each.seqLen * each.seqLen * each.embedDim));
  }
}

const flops = (count: number): Work => ({ flops: count, bytes: 0 });

interface LayerSizes {
  seqLen: number;
  embedDim: number;
  dimFeedforward: number;
}

/** Forward, of one item: four projections, two products of attention, two of the feed-forward network. */
const layer = ({ seqLen, embedDim, dimFeedforward }: LayerSizes): number =>
  2 * seqLen * embedDim * (4 * embedDim + 2 * dimFeedforward) + 4 * seqLen * seqLen * embedDim;
