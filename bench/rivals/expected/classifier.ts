import { attentionDims } from "../../../test/harness/attention.ts";
import { sinusoidalTable } from "../../../ts/positional/sinusoidal.ts";
import { reference } from "../../../ts/reference/index.ts";
import { EPS, type RivalCase } from "../case.ts";
import { linear, linearBackward } from "./linear.ts";

type Sizes = Pick<
  RivalCase & { op: "trainingStep" },
  "seqLen" | "embedDim" | "numHeads" | "numLayers" | "vocabSize" | "numClasses"
>;
type Values = Record<string, Float64Array>;

/** One part of the model: what it gives, and from the gradient of that the gradient of what it was given. */
interface Part {
  out: Float64Array;
  backward(dOut: Float64Array): Float64Array;
}

/** The sequence classifier in float64, made of the kernels' references, without dropout. */
export class Classifier {
  readonly parameters: Readonly<Values>;
  readonly #sizes: Sizes;
  #gradients: Values = {};

  constructor(sizes: Sizes, parameters: Readonly<Values>) {
    this.#sizes = sizes;
    this.parameters = parameters;
  }

  /** The mean loss; `backward` gives the gradient of every parameter. */
  forward(ids: Int32Array, labels: Int32Array): { loss: number; backward(): Values } {
    this.#gradients = {};
    const { numLayers } = this.#sizes;
    const parts: Part[] = [this.#embedding(ids)];
    const last = () => parts.at(-1)!.out;
    for (let i = 0; i < numLayers; i++) parts.push(this.#layer(last(), `encoder.layers.${i}.`));
    parts.push(this.#pool(last(), labels.length));
    parts.push(this.#linear(last(), "classifier."));
    const { losses, dLogits } = this.#crossEntropy(last(), labels);
    const backward = () => {
      parts.reduceRight((dOut, part) => part.backward(dOut), dLogits);
      return this.#gradients;
    };
    return { loss: losses.reduce((sum, loss) => sum + loss, 0) / labels.length, backward };
  }

  #embedding(ids: Int32Array): Part {
    const { embedDim: cols, seqLen, vocabSize: vocab } = this.#sizes;
    const out = new Float64Array(ids.length * cols);
    reference.embeddingForward({ ids, weight: this.parameters["embedding.weight"]!, out, count: ids.length, vocab, cols });
    const table = sinusoidalTable(seqLen, cols);
    const backward = (dOut: Float64Array) => {
      const dWeight = new Float64Array(vocab * cols);
      reference.embeddingBackward({ ids, dOut, dWeight, count: ids.length, vocab, cols, paddingIdx: -1 });
      this.#gradients["embedding.weight"] = dWeight;
      return dOut;
    };
    return { out: out.map((value, i) => value + table[i % table.length]!), backward };
  }

  /** Attention, residual, norm; feed-forward network, residual, norm. */
  #layer(x: Float64Array, prefix: string): Part {
    const attention = this.#selfAttention(x, `${prefix}self_attn.`);
    const norm1 = this.#norm(plus(x, attention.out), `${prefix}norm1.`);
    const linear1 = this.#linear(norm1.out, `${prefix}linear1.`);
    const linear2 = this.#linear(
      linear1.out.map((value) => Math.max(value, 0)),
      `${prefix}linear2.`,
    );
    const norm2 = this.#norm(plus(norm1.out, linear2.out), `${prefix}norm2.`);
    const backward = (dOut: Float64Array) => {
      const dSum = norm2.backward(dOut);
      const dHidden = linear2.backward(dSum).map((value, i) => (linear1.out[i]! > 0 ? value : 0));
      const dAttended = norm1.backward(plus(dSum, linear1.backward(dHidden)));
      return plus(dAttended, attention.backward(dAttended));
    };
    return { out: norm2.out, backward };
  }

  #selfAttention(x: Float64Array, prefix: string): Part {
    const { embedDim, numHeads, seqLen } = this.#sizes;
    const projection = this.#linear(x, `${prefix}in_proj_`);
    const [batch, headDim, stride] = [x.length / embedDim / seqLen, embedDim / numHeads, 3 * embedDim];
    const strides = { queryStride: stride, keyStride: stride, valueStride: stride };
    const sizes = { batch, numHeads, headDim, queryLen: seqLen, keyLen: seqLen };
    const dims = attentionDims({ ...sizes, ...strides, scale: 1 / Math.sqrt(headDim) });
    const [query, key, value] = [0, 1, 2].map((i) => projection.out.subarray(i * embedDim)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const saved = { out: new Float64Array(x.length), lse: new Float64Array(batch * numHeads * seqLen) };
    reference.attentionForward({ query, key, value, ...saved, ...dims });
    const output = this.#linear(saved.out, `${prefix}out_proj.`);
    const backward = (dOut: Float64Array) => {
      const dPacked = new Float64Array(projection.out.length);
      const offsets = { dQueryOffset: 0, dKeyOffset: embedDim, dValueOffset: 2 * embedDim, dPackedLen: dPacked.length };
      reference.attentionBackward({ query, key, value, ...saved, dOut: output.backward(dOut), dPacked, ...dims, ...offsets });
      return projection.backward(dPacked);
    };
    return { out: output.out, backward };
  }

  #linear(x: Float64Array, prefix: string): Part {
    const [weight, bias] = [this.parameters[`${prefix}weight`]!, this.parameters[`${prefix}bias`]!];
    const backward = (dOut: Float64Array) => {
      const { dX, dWeight, dBias } = linearBackward(x, weight, dOut, bias.length);
      Object.assign(this.#gradients, { [`${prefix}weight`]: dWeight, [`${prefix}bias`]: dBias });
      return dX;
    };
    return { out: linear(x, weight, bias), backward };
  }

  #norm(x: Float64Array, prefix: string): Part {
    const [weight, bias] = [this.parameters[`${prefix}weight`]!, this.parameters[`${prefix}bias`]!];
    const cols = weight.length;
    const rows = x.length / cols;
    const out = new Float64Array(x.length);
    const statistics = { mean: new Float64Array(rows), rstd: new Float64Array(rows) };
    reference.layerNormForward({ x, weight, bias, out, ...statistics, rows, cols, eps: EPS });
    const backward = (dOut: Float64Array) => {
      const [dX, dWeight, dBias] = [new Float64Array(x.length), new Float64Array(cols), new Float64Array(cols)];
      reference.layerNormBackward({ dOut, x, weight, ...statistics, dX, dWeight, dBias, rows, cols });
      Object.assign(this.#gradients, { [`${prefix}weight`]: dWeight, [`${prefix}bias`]: dBias });
      return dX;
    };
    return { out, backward };
  }

  #pool(x: Float64Array, batch: number): Part {
    const { embedDim: cols, seqLen: len } = this.#sizes;
    const out = new Float64Array(batch * cols);
    reference.meanPoolForward({ x, out, batch, len, cols });
    const backward = (dOut: Float64Array) => {
      const dX = new Float64Array(x.length);
      reference.meanPoolBackward({ dOut, dX, batch, len, cols });
      return dX;
    };
    return { out, backward };
  }

  #crossEntropy(logits: Float64Array, labels: Int32Array): { losses: Float64Array; dLogits: Float64Array } {
    const rows = labels.length;
    const cols = this.#sizes.numClasses;
    const [losses, lse, dLogits] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(logits.length)];
    const shared = { logits, labels, lse, rows, cols, ignoreIndex: -100, smoothing: 0 };
    reference.crossEntropyForward({ ...shared, losses });
    reference.crossEntropyBackward({ ...shared, dLosses: new Float64Array(rows).fill(1 / rows), dLogits });
    return { losses, dLogits };
  }
}

const plus = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i]!);
