// Twenty training steps of a small classifier on made-up tokens, and a hash of every bit of the weights they end on. The same file runs
// in Node and in a page: it takes the library as an argument.

const SIZES = { vocabSize: 61, numClasses: 3, dModel: 64, numHeads: 4, numLayers: 2, dimFeedforward: 96 };
const STEPS = 20;
const BATCH = 8;
const LENGTH = 24;

/**
 * @param {typeof import("../../ts/index.ts")} fovea initialised
 * @returns {{ hash: string, losses: number[], variant: string, threads: number, threadsReason: string }}
 */
export function train20(fovea) {
  const { AdamW, clipGradNorm, crossEntropy, manualSeed, runtime, scope, SequenceClassifier, sinusoidal } = fovea;
  manualSeed(7);
  const model = new SequenceClassifier({ ...SIZES, positional: sinusoidal(), pooling: "mean", dropout: 0.1 });
  const optimizer = new AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.01 });
  /** @type {number[]} */
  const losses = [];
  for (let step = 0; step < STEPS; step++) {
    scope(() => {
      const { ids, lengths, labels } = batchOf(fovea, step);
      const loss = crossEntropy(model.forward(ids, { lengths }), labels);
      losses.push(loss.item());
      loss.backward();
      clipGradNorm(model.parameters(), 1.0);
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  const weights = model.parameters().map((parameter) => parameter.toArray());
  return {
    hash: hashOf(weights),
    losses,
    variant: runtime.variant.name,
    threads: runtime.threads.count,
    threadsReason: runtime.threads.reason,
  };
}

/** @param {typeof import("../../ts/index.ts")} fovea @param {number} step */
function batchOf({ tensor }, step) {
  const random = generator(1 + (step % 2)); // two batches in turn: something to learn by heart
  const ids = Int32Array.from({ length: BATCH * LENGTH }, () => random(SIZES.vocabSize));
  const lengths = Array.from({ length: BATCH }, () => 1 + random(LENGTH));
  const labels = Int32Array.from({ length: BATCH }, (_, i) => (ids[i * LENGTH] ?? 0) % SIZES.numClasses);
  return { ids: tensor(ids, [BATCH, LENGTH]), lengths, labels: tensor(labels, [BATCH]) };
}

/** Marsaglia's xorshift: whole numbers below `limit`, the same in every engine. @param {number} seed */
function generator(seed) {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (/** @type {number} */ limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** FNV-1a over the bytes. @param {ArrayBufferView[]} arrays */
function hashOf(arrays) {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
