/** The sizes of what is timed, by kind, and how they are written. */
export type Layout = "NN" | "NT" | "TN";
/** `out [m, n]`; the layout says which operand is stored transposed. */
export interface ProductShape {
  m: number;
  n: number;
  k: number;
  layout: Layout;
}
export interface AttentionShape {
  batch: number;
  numHeads: number;
  seqLen: number;
  headDim: number;
  causal: boolean;
}
export interface ModuleShape {
  batch: number;
  seqLen: number;
  embedDim: number;
  numHeads: number;
}
export interface LayerShape extends ModuleShape {
  dimFeedforward: number;
}
export interface ModelShape extends LayerShape {
  numLayers: number;
  vocabSize: number;
}

/** What tells a shape from the others of its kind: behind the name of what is timed. */
export const labelOf = {
  product: ({ m, n, k, layout }: ProductShape) => `${m === n && n === k ? `${m}³` : `${m}×${n}×${k}`} ${layout}`,
  attention: ({ batch, numHeads, seqLen, causal }: AttentionShape) =>
    `${batch > 1 ? `B${batch} ` : ""}${numHeads === 8 ? "" : `H${numHeads} `}L${seqLen}${causal ? " causal" : ""}`,
  module: ({ batch, seqLen }: ModuleShape) => `B${batch} L${seqLen}`,
  model: ({ numLayers, embedDim }: ModelShape) => `${numLayers} × ${embedDim}`,
} as const;
/** All its sizes. */
export const sizesOf = {
  product: ({ m, n, k }: ProductShape) => `${m}×${n}×${k}`,
  attention: ({ batch, numHeads, seqLen, headDim }: AttentionShape) => `B${batch} H${numHeads} L${seqLen} D${headDim}`,
  module: ({ batch, seqLen, embedDim, numHeads }: ModuleShape) => `B${batch} H${numHeads} L${seqLen} E${embedDim}`,
  layer: ({ batch, seqLen, embedDim, numHeads, dimFeedforward }: LayerShape) =>
    `B${batch} H${numHeads} L${seqLen} E${embedDim} ffn${dimFeedforward}`,
  model: ({ batch, seqLen, numHeads, numLayers, embedDim, dimFeedforward }: ModelShape) =>
    `${numLayers} layers d${embedDim} H${numHeads} ffn${dimFeedforward} L${seqLen} B${batch}`,
} as const;
