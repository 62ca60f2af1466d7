import { MultiheadAttention } from "../../ts/nn/multiheadAttention.ts";
import { concat } from "../../ts/ops/concat.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase, inputGradients, loadParameters, parameterGradients } from "./modules.ts";

interface AttentionCase extends GoldenCase {
  dims: { embedDim: number; numHeads: number };
  constructor: Record<string, unknown>;
  call: { need_weights?: boolean; average_attn_weights?: boolean; is_causal?: boolean };
  selfAttention: boolean;
}

testGoldens<AttentionCase>("multihead_attention", [], ({ dims, constructor: given, call, selfAttention }, goldens) => {
  const module = new MultiheadAttention(dims.embedDim, dims.numHeads, camelCase(given));
  loadParameters(module, goldens);
  const query = goldens.tensor("input.query");
  const [key, value] = selfAttention ? [query, query] : [goldens.tensor("input.key"), goldens.tensor("input.value")];
  const { need_weights: needWeights = true, ...rest } = call;
  const masks = masksOf(goldens);
  const { out, weights } = module.forward(query, key, value, { needWeights, ...camelCase(rest), ...masks });

  backward(out, weights, goldens);
  return {
    "output.out": out,
    ...(weights && { "output.weights": weights }),
    ...inputGradients({ query, ...(selfAttention ? {} : { key, value }), attn_mask: masks.attnMask ?? null }),
    ...parameterGradients(module),
  };
});

function masksOf(goldens: Goldens): { keyPaddingMask?: Tensor; attnMask?: Tensor } {
  return {
    ...(goldens.has("input.key_padding_mask") && { keyPaddingMask: goldens.tensor("input.key_padding_mask") }),
    ...(goldens.has("input.attn_mask") && { attnMask: goldens.tensor("input.attn_mask") }),
  };
}

/** The gradient of `Σ gradOutput · output` over both results, where the case differentiates the weights too. */
function backward(out: Tensor, weights: Tensor | undefined, goldens: Goldens): void {
  const dOut = goldens.tensor("gradOutput.out");
  if (weights && goldens.has("gradOutput.weights")) {
    const dWeights = goldens.tensor("gradOutput.weights");
    concat([out.reshape([-1]), weights.reshape([-1])]).backward(concat([dOut.reshape([-1]), dWeights.reshape([-1])]));
  } else out.backward(dOut);
}
