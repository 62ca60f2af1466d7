import { FoveaError } from "../runtime/errors.ts";
import { LayerNorm } from "./layerNorm.ts";
import { RMSNorm } from "./rmsNorm.ts";

/** What the Transformer stacks normalise with. */
export type Norm = LayerNorm | RMSNorm;

/** `"layer"` is `LayerNorm`, `"rms"` is `RMSNorm`, which never has a bias. */
export type NormKind = keyof typeof NORMS;

/** Throws `RANGE` for a kind that is none of them. */
export function normOf(
  op: string,
  kind: NormKind,
  dModel: number,
  { eps, bias = true }: { eps?: number | undefined; bias?: boolean } = {},
): Norm {
  if (Object.hasOwn(NORMS, kind)) return NORMS[kind](dModel, eps ?? 1e-5, bias);
  throw new FoveaError("RANGE", `${op}: norm must be one of ${Object.keys(NORMS).join(", ")}, got ${JSON.stringify(kind)}`);
}

const NORMS = {
  layer: (dModel, eps, bias) => new LayerNorm(dModel, { eps, bias }),
  rms: (dModel, eps) => new RMSNorm(dModel, { eps }),
} satisfies Record<string, (dModel: number, eps: number, bias: boolean) => Norm>;
