import { expect } from "vitest";
import { LayerNorm } from "../../ts/nn/layerNorm.ts";
import type { Module } from "../../ts/nn/module.ts";
import { Transformer } from "../../ts/nn/transformer.ts";
import { TransformerDecoder } from "../../ts/nn/transformerDecoder.ts";
import { type DecoderCall, TransformerDecoderLayer } from "../../ts/nn/transformerDecoderLayer.ts";
import { TransformerEncoder } from "../../ts/nn/transformerEncoder.ts";
import { type EncoderCall, TransformerEncoderLayer } from "../../ts/nn/transformerEncoderLayer.ts";
import { causal, lengths } from "../../ts/ops/mask.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients, loadParameters, parameterGradients } from "./modules.ts";

interface TransformerCase extends GoldenCase {
  module: string;
  constructor: Record<string, unknown>;
  numLayers?: number;
  finalNorm?: boolean;
  srcCausal?: boolean;
  tgtCausal?: boolean;
  srcLengths?: number[];
  tgtLengths?: number[];
  memoryLengths?: number[];
}

/** A module, its inputs, and its result with PyTorch's masks and with ours. */
interface Run {
  module: Module;
  inputs: Record<string, Tensor>;
  theirs(): Tensor;
  ours(): Tensor;
}

const builders: Record<string, (each: TransformerCase, goldens: Goldens) => Run> = {
  TransformerEncoderLayer: (each, goldens) => encoding(encoderLayer(each), each, goldens),
  TransformerEncoder: (each, goldens) =>
    encoding(new TransformerEncoder(encoderLayer(each), each.numLayers!, { norm: norm(each) }), each, goldens),
  TransformerDecoderLayer: (each, goldens) => decoding(decoderLayer(each), each, goldens),
  TransformerDecoder: (each, goldens) =>
    decoding(new TransformerDecoder(decoderLayer(each), each.numLayers!, { norm: norm(each) }), each, goldens),
  Transformer: translating,
};

testGoldens<TransformerCase>("transformer", [], (each, goldens) => {
  const { module, inputs, theirs, ours } = builders[each.module]!(each, goldens);
  loadParameters(module, goldens);
  const out = theirs();
  expectClose(ours(), out);
  out.backward(goldens.tensor("gradOutput.out"));
  return { "output.out": out, ...inputGradients(inputs), ...parameterGradients(module) };
});

function encoding(
  module: Module & { forward(src: Tensor, call: EncoderCall): Tensor },
  each: TransformerCase,
  goldens: Goldens,
): Run {
  const src = goldens.tensor("input.src");
  return {
    module,
    inputs: { src },
    theirs: () => module.forward(src, masksOf(goldens, ["src_mask", "src_key_padding_mask"])),
    ours: () => module.forward(src, { mask: each.srcCausal ? causal() : null, lengths: each.srcLengths }),
  };
}

function decoding(
  module: Module & { forward(tgt: Tensor, memory: Tensor, call: DecoderCall): Tensor },
  each: TransformerCase,
  goldens: Goldens,
): Run {
  const [tgt, memory] = [goldens.tensor("input.tgt"), goldens.tensor("input.memory")];
  const { tgtCausal, tgtLengths, memoryLengths } = each;
  return {
    module,
    inputs: { tgt, memory },
    theirs: () => module.forward(tgt, memory, masksOf(goldens, decoderMasks)),
    ours: () => module.forward(tgt, memory, { mask: tgtCausal ? causal() : null, lengths: tgtLengths, memoryLengths }),
  };
}

function translating(each: TransformerCase, goldens: Goldens): Run {
  const { nhead: numHeads, ...options } = camelCase(each.constructor) as { nhead: number };
  const module = new Transformer({ ...options, numHeads, dropout: 0 });
  const [src, tgt] = [goldens.tensor("input.src"), goldens.tensor("input.tgt")];
  const { srcCausal, tgtCausal, srcLengths, tgtLengths, memoryLengths } = each;
  return {
    module,
    inputs: { src, tgt },
    theirs: () => module.forward(src, tgt, masksOf(goldens, ["src_mask", "src_key_padding_mask", ...decoderMasks])),
    ours: () =>
      module.forward(src, tgt, {
        encoderMask: srcCausal ? causal() : null,
        decoderMask: tgtCausal ? causal() : null,
        crossMask: memoryLengths ? lengths(memoryLengths) : null,
        srcLengths,
        tgtLengths,
      }),
  };
}

const decoderMasks = ["tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask"];

/** PyTorch's masks that the case has, under our names. */
function masksOf(goldens: Goldens, names: readonly string[]): Record<string, Tensor> {
  const given = names.filter((name) => goldens.has(`input.${name}`));
  return camelCase(Object.fromEntries(given.map((name) => [name, goldens.tensor(`input.${name}`)]))) as Record<string, Tensor>;
}

/** PyTorch's `constructor` describes a layer. */
function layerOptions({ constructor: given }: TransformerCase): [number, number, object] {
  const { dModel, nhead, ...options } = camelCase(given) as { dModel: number; nhead: number };
  return [dModel, nhead, { ...options, dropout: 0 }];
}

const encoderLayer = (each: TransformerCase) => new TransformerEncoderLayer(...layerOptions(each));
const decoderLayer = (each: TransformerCase) => new TransformerDecoderLayer(...layerOptions(each));
const norm = (each: TransformerCase) => (each.finalNorm ? new LayerNorm(layerOptions(each)[0]) : null);

function expectClose(ours: Tensor, theirs: Tensor): void {
  const want = theirs.view();
  ours.view().forEach((value: number, i: number) => {
    expect(Math.abs(value - want[i]!), `element ${i}, by masks of ours`).toBeLessThan(1e-5);
  });
}
