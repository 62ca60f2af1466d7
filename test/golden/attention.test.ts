import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { all, bias, causal, keep, lengths, type Mask, window } from "../../ts/ops/mask.ts";
import { tensor } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { swapHeads } from "./heads.ts";

interface AttentionCase extends GoldenCase {
  isCausal: boolean;
  scale: number | null;
  softcap: number | null;
  mask: string | null;
  causalOffset?: number;
  window?: number;
  keyLengths?: number[];
}

testGoldens<AttentionCase>("attention", [], (each, goldens) => {
  const inputs = ["query", "key", "value"].map((name) => swapped(goldens, `input.${name}`));
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  const given = goldens.has("input.bias") ? goldens.tensor("input.bias") : null;
  const needLse = goldens.has("output.lse");
  const { out, lse } = scaledDotProductAttention(query, key, value, {
    mask: all(maskOf(each, goldens), given && bias(given)),
    scale: each.scale ?? undefined,
    softcap: each.softcap ?? 0,
    needLse,
  });
  out.backward(swapped(goldens, "gradOutput.out"));
  return {
    "output.out": swapHeads(out),
    ...(lse && { "output.lse": lse }),
    "grad.input.query": swapHeads(query.grad!),
    "grad.input.key": swapHeads(key.grad!),
    "grad.input.value": swapHeads(value.grad!),
    ...(given && { "grad.input.bias": given.grad! }),
  };
});

/** As a description where the case has one (its `input.keep` says the same), so that causal and length masks are tested as such. */
function maskOf({ isCausal, causalOffset = 0, window: size, keyLengths, mask }: AttentionCase, goldens: Goldens): Mask | null {
  if (isCausal || mask === "causalOffset") return causal({ offset: causalOffset });
  if (mask === "window") return window(size!);
  if (mask === "lengths") return lengths(keyLengths!);
  return goldens.has("input.keep") ? keep(goldens.tensor("input.keep")) : null;
}

/** PyTorch's [batch, heads, length, width] in our order, [batch, length, heads, width]. */
function swapped(goldens: Goldens, name: string): Tensor {
  const { shape, values } = swapHeads(goldens.golden(name));
  return tensor(values as Float32Array, [...shape], { requiresGrad: name.startsWith("input.") });
}
