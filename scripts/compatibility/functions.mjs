// PyTorch's tensors, functions and optimizers, and what of them is here.

/** @typedef {import("./entries.mjs").Section} Section */

/** @type {Section} */
export const training = {
  title: "Optimizers and schedules",
  entries: [
    {
      torch: "optim.AdamW",
      ours: "AdamW",
      differs: "a parameter that got no gradient counts as gradient 0, so it decays",
      goldens: "optim optimizer=AdamW",
    },
    { torch: "optim.Adam", ours: "Adam", differs: "as AdamW", goldens: "optim optimizer=Adam" },
    { torch: "optim.SGD", ours: "SGD", differs: "as AdamW, for momentum", goldens: "optim optimizer=SGD" },
    { torch: "optim.RAdam", ours: "RAdam", differs: "as AdamW", goldens: "optim optimizer=RAdam" },
    { torch: "optim.NAdam", ours: "NAdam", differs: "as AdamW", goldens: "optim optimizer=NAdam" },
    { torch: "optim.Adagrad", ours: "Adagrad", goldens: "optim optimizer=Adagrad" },
    { torch: "optim.RMSprop", ours: "RMSprop", differs: "as AdamW", goldens: "optim optimizer=RMSprop" },
    { torch: "optim.Adafactor", ours: "Adafactor", goldens: "optim optimizer=Adafactor" },
    { torch: "optim.Muon", ours: "Muon", goldens: "optim optimizer=Muon" },
    {
      torch: "optim.swa_utils.AveragedModel with an exponential mean",
      ours: "EMA",
      differs: "of the parameters, no copy of the module",
    },
    { torch: "nn.utils.clip_grad_norm_", ours: "clipGradNorm", goldens: "optim kind=clip_grad_norm_" },
    { torch: "nn.utils.clip_grad_value_", ours: "clipGradValue", goldens: "optim kind=clip_grad_value_" },
    {
      torch:
        "optim.lr_scheduler.StepLR, MultiStepLR, ExponentialLR, ConstantLR, LinearLR, PolynomialLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, OneCycleLR, SequentialLR, ChainedScheduler",
      ours: "stepLR, multiStepLR, exponentialLR, constantLR, linearLR, polynomialLR, cosineAnnealingLR, cosineAnnealingWarmRestarts, oneCycleLR, sequentialLR, chainedLR",
      differs: "functions of the step; `applySchedule` sets the rate",
      goldens: "optim kind=schedule",
    },
    {
      torch: "optim.lr_scheduler.ReduceLROnPlateau",
      ours: "ReduceLROnPlateau",
      differs: "gives a factor; `minFactor` for `min_lr`",
      goldens: "optim scheduler=ReduceLROnPlateau",
    },
    {
      torch:
        "transformers.get_constant_schedule_with_warmup, get_linear_schedule_with_warmup, get_cosine_schedule_with_warmup, get_polynomial_decay_schedule_with_warmup, get_inverse_sqrt_schedule",
      ours: "warmupConstant, warmupLinear, warmupCosine, warmupPolynomial, warmupInverseSqrt",
      differs: "functions of the step",
    },
    { torch: "optim.ASGD, Adadelta, Adamax, LBFGS, Rprop, SparseAdam; LambdaLR, MultiplicativeLR, CyclicLR" },
  ],
};

/** @type {Section} */
export const functions = {
  title: "Functions",
  entries: [
    {
      torch: "add, sub, mul, div, neg, pow, square, sqrt, rsqrt, reciprocal, exp, log, sin, cos, abs, clamp, maximum, minimum",
      ours: "add, subtract, multiply, divide, neg, pow, square, sqrt, rsqrt, reciprocal, exp, log, sin, cos, abs, clamp, maximum, minimum",
      differs: "float32; not in place",
    },
    {
      torch: "eq, ne, lt, le, gt, ge, isnan, logical_and, logical_or, logical_not",
      ours: "equal, notEqual, less, lessEqual, greater, greaterEqual, isNaN, logicalAnd, logicalOr, logicalNot",
    },
    {
      torch: "sum, mean, prod, var, std, amax, amin, argmax, argmin, norm, logsumexp, cumsum",
      ours: "sum, mean, prod, variance, std, max, min, argmax, argmin, norm, logSumExp, cumsum",
      differs: "`axis`; `max` and `min` are `amax` and `amin`",
    },
    {
      torch:
        "reshape, permute, transpose, squeeze, unsqueeze, expand, repeat, flip, cat, stack, split, chunk, narrow, nn.functional.pad",
      ours: "reshape, permute, transpose, squeeze, unsqueeze, expand, repeat, flip, concat, stack, split, chunk, narrow, pad",
      differs: "copies, but for those that only name axes anew",
    },
    {
      torch: "gather, scatter_add, index_select, take, where, masked_fill, tril, triu, topk, sort, nn.functional.one_hot",
      ours: "gather, scatterAdd, indexSelect, take, where, maskedFill, tril, triu, topK, sort, oneHot",
      differs: "indices are int32",
    },
    { torch: "matmul", ours: "matmul", differs: "`transposeA`, `transposeB` in place of views" },
    { torch: "nn.functional.softmax", ours: "softmax", differs: "`axis`", goldens: "layers function=softmax" },
    { torch: "nn.functional.log_softmax", ours: "logSoftmax", differs: "`axis`", goldens: "layers function=log_softmax" },
    { torch: "nn.functional.normalize", ours: "normalize", differs: "`axis`", goldens: "layers function=normalize" },
    { torch: "nn.functional.mish", ours: "mish", goldens: "layers function=mish" },
    { torch: "nn.functional.softplus", ours: "softplus", goldens: "layers function=softplus" },
    { torch: "nn.functional.elu", ours: "elu", goldens: "layers function=elu" },
    { torch: "nn.functional.leaky_relu", ours: "leakyRelu", goldens: "layers function=leaky_relu" },
    {
      torch:
        "nn.functional.linear, embedding, layer_norm, rms_norm, group_norm, dropout, conv1d, conv2d, gelu, relu, silu, glu, sigmoid, tanh",
      ours: "linear, embedding, layerNorm, rmsNorm, groupNorm, dropout, conv1d, conv2d, gelu, relu, silu, glu, sigmoid, tanh",
      differs: "as their modules; `linear` may fuse relu or gelu",
    },
    { torch: "nn.functional.pairwise_distance, cosine_similarity", ours: "pairwiseDistance, cosineSimilarity" },
    { torch: "einsum, tensordot, cdist, fft, linalg, bincount, unique, nonzero, roll, cumprod, interpolate, grid_sample" },
  ],
};

/** @type {Section} */
export const tensors = {
  title: "Tensors and gradients",
  entries: [
    {
      torch: "Tensor",
      ours: "Tensor, tensor",
      differs:
        "float32, int32 and bool; contiguous, so `reshape` shares memory and nothing else is a view; memory is freed by `scope`, `using` or `dispose`",
    },
    {
      torch: "zeros, ones, full, arange, randn, manual_seed",
      ours: "zeros, ones, full, arange, randn, uniform, manualSeed",
      differs: "other random numbers",
    },
    {
      torch: "Tensor.backward, no_grad, is_grad_enabled",
      ours: "Tensor, noGrad, gradEnabled",
      differs: "first derivatives only: no `create_graph`",
    },
    { torch: "Generator", ours: "Rng", differs: "other random numbers" },
    { torch: "autograd.grad", ours: "grad", differs: "first derivatives only; an input that was not used is an error" },
    { torch: "autograd.gradcheck", ours: "gradCheck", differs: "in float32, so with wider tolerances" },
    { torch: "autograd.Function", ours: "customOp, record, recordMany", differs: "a function and its backward, not a class" },
    {
      torch: "safetensors.torch.save_file, load_file",
      ours: "saveSafetensorsFile, loadSafetensorsFile",
      differs: "the same bytes; half precision is read as float32",
      goldens: "safetensors",
    },
    {
      torch:
        "save, load (pickle), compile, jit, vmap, float64 and half precision, complex numbers, sparse tensors, distributed training",
    },
  ],
};
