import { LayerNorm } from "../../ts/nn/layerNorm.ts";
import { TransformerEncoder } from "../../ts/nn/transformerEncoder.ts";
import { TransformerEncoderLayer } from "../../ts/nn/transformerEncoderLayer.ts";
import { type GoldenCase, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients, loadParameters, parameterGradients } from "./modules.ts";

interface TransformerCase extends GoldenCase {
  module: string;
  constructor: Record<string, unknown>;
  numLayers?: number;
  finalNorm?: boolean;
}

const notYet = ["TransformerDecoderLayer", "TransformerDecoder", "Transformer"];

testGoldens<TransformerCase>(
  "transformer",
  [{ why: "decoders are not in the library yet", is: ({ module }) => notYet.includes(module) }],
  (each, goldens) => {
    const module = build(each);
    loadParameters(module, goldens);
    const src = goldens.tensor("input.src");
    const out = module.forward(src, {
      srcMask: goldens.has("input.src_mask") ? goldens.tensor("input.src_mask") : null,
      srcKeyPaddingMask: goldens.has("input.src_key_padding_mask") ? goldens.tensor("input.src_key_padding_mask") : null,
    });
    out.backward(goldens.tensor("gradOutput.out"));
    return { "output.out": out, ...inputGradients({ src }), ...parameterGradients(module) };
  },
);

/** PyTorch's `constructor` describes a layer; an encoder is `numLayers` of them, with a norm at the end where `finalNorm` says so. */
function build({
  module,
  constructor: given,
  numLayers,
  finalNorm,
}: TransformerCase): TransformerEncoderLayer | TransformerEncoder {
  const { dModel, nhead, ...options } = camelCase(given) as { dModel: number; nhead: number };
  const layer = new TransformerEncoderLayer(dModel, nhead, { ...options, dropout: 0 });
  if (module === "TransformerEncoderLayer") return layer;
  if (module !== "TransformerEncoder") throw new Error(`no ${module}`);
  return new TransformerEncoder(layer, numLayers!, { norm: finalNorm ? new LayerNorm(dModel) : null });
}
