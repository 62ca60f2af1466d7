import { BahdanauAttention } from "../nn/bahdanauAttention.ts";
import { Dropout } from "../nn/dropout.ts";
import type { Embedding } from "../nn/embedding.ts";
import { GRU } from "../nn/gru.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { GRUCell } from "../nn/recurrentCells.ts";
import { tanh } from "../ops/activations.ts";
import { concat, stack } from "../ops/concat.ts";
import { narrow } from "../ops/narrow.ts";
import { FoveaError } from "../runtime/errors.ts";
import { noGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import { expectAxes, expectShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Decoding, expectPromptEach, selectRows } from "./decoding.ts";
import { newEmbedding } from "./newEmbedding.ts";

export interface RecurrentSeq2SeqOptions {
  vocabSize: number;
  /** If the target has a vocabulary of its own; left out, source and target share theirs, and its embeddings. */
  tgtVocabSize?: number;
  /** Width of the embeddings. */
  embedDim: number;
  /** Width of the decoder's state, and of each direction of the encoder's. */
  hiddenSize: number;
  /** Layers of the encoder. */
  numLayers?: number;
  /** Of the embeddings, and of what the next token is read from. */
  dropout?: number;
  /** The id of padding: its embedding starts as 0 and gets no gradient where it is read, but one as a row of the output's weight. */
  paddingIdx?: number | null;
}

export interface RecurrentSeq2SeqCall {
  /** How many tokens of each source are real; all of them if left out. */
  srcLengths?: ArrayLike<number> | null | undefined;
  /** Also give the attention weights, `[batch, tgtLen, srcLen]`. */
  needWeights?: boolean;
}

/** What the decoder attends to and goes on from. */
interface Memory {
  readonly states: Tensor;
  readonly projectedKeys: Tensor;
  readonly h: Tensor;
}

/**
 * One sequence from another as it was done before the Transformer: a bidirectional GRU reads, another GRU writes, and looks back at all that was read
 * through additive attention (Bahdanau, Cho and Bengio 2015).
 */
export class RecurrentSeq2Seq extends Module {
  readonly embedding: Embedding;
  readonly tgtEmbedding: Embedding;
  readonly dropout: Dropout;
  readonly encoder: GRU;
  /** From the encoder's first state read backwards to the decoder's first. */
  readonly bridge: Linear;
  readonly attention: BahdanauAttention;
  readonly cell: GRUCell;
  readonly readout: Linear;
  /** Its weight is the target's embedding. */
  readonly head: Linear;

  /** Throws `RANGE`. */
  constructor(options: RecurrentSeq2SeqOptions) {
    super();
    const { vocabSize, tgtVocabSize, embedDim, hiddenSize, numLayers = 1, dropout = 0.1, paddingIdx = null } = options;
    const embeddingOf = (rows: number) => newEmbedding(rows, embedDim, 1 / Math.sqrt(embedDim), paddingIdx);
    this.embedding = embeddingOf(vocabSize);
    this.tgtEmbedding = tgtVocabSize === undefined ? this.embedding : embeddingOf(tgtVocabSize);
    this.dropout = new Dropout(dropout);
    this.encoder = new GRU(embedDim, hiddenSize, { numLayers, bidirectional: true, dropout: numLayers > 1 ? dropout : 0 });
    this.bridge = new Linear(hiddenSize, hiddenSize);
    this.attention = new BahdanauAttention(hiddenSize, 2 * hiddenSize, hiddenSize);
    this.cell = new GRUCell(embedDim + 2 * hiddenSize, hiddenSize);
    this.readout = new Linear(embedDim + 3 * hiddenSize, embedDim);
    this.head = new Linear(embedDim, tgtVocabSize ?? vocabSize, { weight: this.tgtEmbedding.weight });
  }

  /**
   * `src` int32 `[batch, srcLen]`, `tgt` int32 `[batch, tgtLen]`, which begins with the token that starts a text, to logits `[batch, tgtLen, vocabSize]`
   * of the token that follows each of the target. Throws `RANGE`, `RANK`, `SHAPE`, `MASK`, `DTYPE`, `DISPOSED`.
   */
  forward(src: Tensor, tgt: Tensor, call: RecurrentSeq2SeqCall & { needWeights: true }): { logits: Tensor; weights: Tensor };
  forward(src: Tensor, tgt: Tensor, call?: RecurrentSeq2SeqCall): Tensor;
  forward(
    src: Tensor,
    tgt: Tensor,
    { srcLengths, needWeights = false }: RecurrentSeq2SeqCall = {},
  ): Tensor | { logits: Tensor; weights: Tensor } {
    expectAxes("RecurrentSeq2Seq", { src, tgt }, ["batch", "length"]);
    expectShape("RecurrentSeq2Seq", { tgt }, [src.shape[0]!, tgt.shape[1]!]);
    const result = scope(() => {
      const memory = this.#read(src, srcLengths);
      const embedded = this.dropout.forward(this.tgtEmbedding.forward(tgt));
      const [batch, tgtLen, embedDim] = embedded.shape as [number, number, number];
      let { h } = memory;
      const steps = Array.from({ length: tgtLen }, (_, start) => {
        const x = narrow(embedded, { axis: 1, start, length: 1 }).reshape([batch, embedDim]);
        const step = this.#write(x, h, memory, srcLengths);
        h = step.h;
        return step;
      });
      const of = (name: "h" | "context" | "weights") =>
        stack(
          steps.map((step) => step[name]),
          { axis: 1 },
        );
      return { logits: this.#vocabulary([of("h"), of("context"), embedded]), weights: of("weights") };
    });
    return needWeights ? result : result.logits;
  }

  /** For `generate`: from `src` int32 `[batch, srcLen]`; the prompts, of one length, are the target's beginnings. Throws as `forward`. */
  decoding(src: Tensor, { lengths }: { lengths?: ArrayLike<number> | null | undefined } = {}): Decoding {
    expectAxes("RecurrentSeq2Seq", { src }, ["batch", "length"]);
    let memory = keepAlive(noGrad(() => scope(() => this.#read(src, lengths))));
    let srcLengths = lengths && Array.from(lengths);
    return {
      step: (ids, padding = []) => {
        if (padding.some((length) => length > 0))
          throw new FoveaError("UNSUPPORTED", "RecurrentSeq2Seq: prompts must be of one length, got several");
        expectPromptEach("RecurrentSeq2Seq", ids, memory.h);
        return noGrad(() =>
          scope(() => {
            const [batch, newLen] = ids.shape as [number, number];
            const embedded = this.tgtEmbedding.forward(ids);
            const before = memory.h;
            let last: Tensor | null = null;
            for (let start = 0; start < newLen; start += 1) {
              const x = narrow(embedded, { axis: 1, start, length: 1 }).reshape([batch, -1]);
              const { h, context } = this.#write(x, memory.h, memory, srcLengths);
              memory = { ...memory, h };
              last = start === newLen - 1 ? this.#vocabulary([h, context, x]) : null;
            }
            keepAlive(memory.h);
            before.dispose();
            return last!;
          }),
        );
      },
      select(items) {
        const [states, projectedKeys, h] = [memory.states, memory.projectedKeys, memory.h].map((x) => selectRows(x, items));
        memory = { states: states!, projectedKeys: projectedKeys!, h: h! };
        srcLengths = srcLengths && items.map((item) => srcLengths![item]!);
      },
      [Symbol.dispose]() {
        for (const x of Object.values<Tensor>({ ...memory })) x.dispose();
      },
    };
  }

  #read(src: Tensor, lengths: ArrayLike<number> | null | undefined): Memory {
    const { out: states, hn } = this.encoder.forward(this.dropout.forward(this.embedding.forward(src)), { lengths });
    const [layers, batch, hiddenSize] = hn.shape as [number, number, number];
    const backwards = narrow(hn, { start: layers - 1, length: 1 }).reshape([batch, hiddenSize]);
    return { states, projectedKeys: this.attention.projectKeys(states), h: tanh(this.bridge.forward(backwards)) };
  }

  /** One token: `x [batch, embedDim]`. */
  #write(
    x: Tensor,
    before: Tensor,
    { states, projectedKeys }: Memory,
    lengths: ArrayLike<number> | null | undefined,
  ): { h: Tensor; context: Tensor; weights: Tensor } {
    const attended = this.attention.forward(before, states, { lengths, projectedKeys, needWeights: true });
    const { h } = this.cell.forward(concat([x, attended.out], { axis: 1 }), { h: before });
    return { h, context: attended.out, weights: attended.weights! };
  }

  #vocabulary(parts: readonly Tensor[]): Tensor {
    return this.head.forward(this.dropout.forward(tanh(this.readout.forward(concat(parts, { axis: -1 })))));
  }
}
