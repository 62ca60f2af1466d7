// PyTorch's modules, and what of them is here.

/** @typedef {import("./entries.mjs").Section} Section */

/** @type {Section} */
export const attention = {
  title: "Attention and transformers",
  entries: [
    {
      torch: "nn.MultiheadAttention",
      ours: "MultiheadAttention",
      differs:
        "batch first; weights only with `needWeights`, and from before dropout; `{ out, weights }`; a query that sees nothing gives 0 and not NaN. More: `headDim`, `valueHeadDim`, `numKvHeads`, QK-norm, positions",
      goldens: "multihead_attention",
    },
    {
      torch: "nn.functional.scaled_dot_product_attention",
      ours: "scaledDotProductAttention",
      differs:
        "`[batch, length, numHeads, headDim]`; masks are descriptions, never bare booleans; grouped heads without `enable_gqa`",
      goldens: "attention",
    },
    {
      torch: "nn.attention.bias.causal_upper_left, causal_lower_right",
      ours: "causal",
      differs: "one function with an offset",
    },
    {
      torch: "nn.attention.flex_attention",
      ours: "bias, window, prefix, documents, slopes, sinks, all",
      differs: "the masks and scores it is mostly used for, by name; no function of one's own is compiled into the kernel",
    },
    {
      torch: "nn.TransformerEncoderLayer",
      ours: "TransformerEncoderLayer",
      differs: "batch first; relu, gelu, silu or swiglu by name",
      goldens: "transformer module=TransformerEncoderLayer",
    },
    {
      torch: "nn.TransformerEncoder",
      ours: "TransformerEncoder",
      differs: "each layer starts with its own values; no nested tensors",
      goldens: "transformer module=TransformerEncoder",
    },
    {
      torch: "nn.TransformerDecoderLayer",
      ours: "TransformerDecoderLayer",
      differs: "as the encoder's",
      goldens: "transformer module=TransformerDecoderLayer",
    },
    {
      torch: "nn.TransformerDecoder",
      ours: "TransformerDecoder",
      differs: "as the encoder; a cache for decoding step by step",
      goldens: "transformer module=TransformerDecoder",
    },
    {
      torch: "nn.Transformer",
      ours: "Transformer",
      differs: "batch first; `srcLengths` is for the encoder and for the memory",
      goldens: "transformer module=Transformer",
    },
  ],
};

/** @type {Section} */
export const layers = {
  title: "Layers",
  entries: [
    { torch: "nn.Module", ours: "Module", differs: "no buffers, no backward hooks" },
    { torch: "nn.Sequential", ours: "Sequential" },
    { torch: "nn.ModuleList", ours: "ModuleList" },
    { torch: "nn.ModuleDict", ours: "ModuleDict" },
    { torch: "nn.Identity", ours: "Identity" },
    { torch: "nn.Linear", ours: "Linear", goldens: "layers module=Linear" },
    {
      torch: "nn.Embedding",
      ours: "Embedding",
      differs: "no `max_norm`, no `scale_grad_by_freq`, no sparse gradients",
      goldens: "layers module=Embedding",
    },
    { torch: "nn.LayerNorm", ours: "LayerNorm", goldens: "layers module=LayerNorm" },
    { torch: "nn.RMSNorm", ours: "RMSNorm", goldens: "layers module=RMSNorm" },
    { torch: "nn.GroupNorm", ours: "GroupNorm", goldens: "layers module=GroupNorm" },
    { torch: "nn.Dropout", ours: "Dropout", differs: "other random numbers" },
    { torch: "nn.Conv1d", ours: "Conv1d", differs: "pads with zeros only", goldens: "layers module=Conv1d" },
    { torch: "nn.Conv2d", ours: "Conv2d", differs: "pads with zeros only", goldens: "layers module=Conv2d" },
    {
      torch: "nn.LSTM",
      ours: "LSTM",
      differs: "batch first; `{ out, hn, cn }`; `lengths` for packed sequences, 0 among them; no `proj_size`",
      goldens: "recurrent module=LSTM",
    },
    { torch: "nn.GRU", ours: "GRU", differs: "as LSTM", goldens: "recurrent module=GRU" },
    { torch: "nn.RNN", ours: "RNN", differs: "as LSTM", goldens: "recurrent module=RNN" },
    { torch: "nn.RNNBase", ours: "Recurrent" },
    { torch: "nn.LSTMCell, GRUCell, RNNCell", ours: "LSTMCell, GRUCell, RNNCell" },
    { torch: "nn.GELU", ours: "GELU", goldens: "layers function=gelu" },
    { torch: "nn.GLU", ours: "GLU", goldens: "layers function=glu" },
    { torch: "nn.ReLU", ours: "ReLU", differs: "not in place", goldens: "layers function=relu" },
    { torch: "nn.SiLU", ours: "SiLU", differs: "not in place", goldens: "layers function=silu" },
    { torch: "nn.Sigmoid", ours: "Sigmoid", goldens: "layers function=sigmoid" },
    { torch: "nn.Tanh", ours: "Tanh", goldens: "layers function=tanh" },
    {
      torch: "nn.utils.rnn.pack_padded_sequence, pad_packed_sequence",
      ours: "packPadded, padPacked",
      differs: "tensors and lengths, no `PackedSequence`",
    },
    { torch: "nn.Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Fold, Unfold" },
    {
      torch:
        "nn.BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, LocalResponseNorm",
    },
    { torch: "nn.MaxPool1d to AdaptiveAvgPool3d: pooling over windows, and unpooling" },
    {
      torch:
        "nn.Softmax, LogSoftmax, Softplus, ELU, LeakyReLU, Mish as modules; CELU, SELU, PReLU, RReLU, ReLU6, Hardtanh and their like",
    },
    { torch: "nn.Flatten, Unflatten, PixelShuffle, Upsample, ChannelShuffle, padding modules" },
    { torch: "nn.Dropout1d, Dropout2d, Dropout3d, AlphaDropout" },
    { torch: "nn.Bilinear, EmbeddingBag, AdaptiveLogSoftmaxWithLoss, ParameterList, ParameterDict, lazy modules, DataParallel" },
  ],
};

/** @type {Section} */
export const losses = {
  title: "Losses",
  entries: [
    {
      torch: "nn.CrossEntropyLoss",
      ours: "CrossEntropyLoss, crossEntropy",
      differs: "classes are the last axis",
      goldens: "losses loss=cross_entropy",
    },
    { torch: "nn.NLLLoss", ours: "NLLLoss, nllLoss", differs: "classes are the last axis", goldens: "losses loss=nll_loss" },
    { torch: "nn.BCELoss", ours: "BCELoss, binaryCrossEntropy" },
    {
      torch: "nn.BCEWithLogitsLoss",
      ours: "BCEWithLogitsLoss, binaryCrossEntropyWithLogits",
      goldens: "losses loss=binary_cross_entropy_with_logits",
    },
    { torch: "nn.MSELoss", ours: "MSELoss, mseLoss", differs: "both of one shape", goldens: "losses loss=mse_loss" },
    { torch: "nn.L1Loss", ours: "L1Loss, l1Loss", differs: "both of one shape", goldens: "losses loss=l1_loss" },
    {
      torch: "nn.SmoothL1Loss",
      ours: "SmoothL1Loss, smoothL1Loss",
      differs: "both of one shape",
      goldens: "losses loss=smooth_l1_loss",
    },
    { torch: "nn.HuberLoss", ours: "HuberLoss, huberLoss", differs: "both of one shape", goldens: "losses loss=huber_loss" },
    { torch: "nn.KLDivLoss", ours: "KLDivLoss, klDiv", differs: "both of one shape", goldens: "losses loss=kl_div" },
    {
      torch: "nn.CTCLoss",
      ours: "CTCLoss, ctcLoss",
      differs: "`[batch, frames, classes]`; `logProbs` gets its own gradient; 0 for a target that cannot be",
      goldens: "losses loss=ctc_loss",
    },
    {
      torch: "nn.CosineEmbeddingLoss",
      ours: "CosineEmbeddingLoss, cosineEmbeddingLoss",
      goldens: "losses loss=cosine_embedding_loss",
    },
    {
      torch: "nn.TripletMarginLoss",
      ours: "TripletMarginLoss, tripletMarginLoss",
      goldens: "losses loss=triplet_margin_loss",
    },
    {
      torch:
        "nn.GaussianNLLLoss, PoissonNLLLoss, HingeEmbeddingLoss, MarginRankingLoss, SoftMarginLoss, MultiMarginLoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss, TripletMarginWithDistanceLoss",
    },
  ],
};
