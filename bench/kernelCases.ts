import type { AnyCase } from "../test/harness/problem.ts";
import type { KernelName } from "../ts/runtime/kernels.gen.ts";
import { type KernelShape, kernelShapes } from "./shapes.ts";

export interface KernelCase extends Omit<AnyCase, "tolerance" | "spreads"> {
  name: string;
  kernel: KernelName;
  shape: string;
  withForward: boolean;
  once: boolean;
}

/** `shapes.ts` without each kernel's types: what code that runs any kernel can use. */
export const kernelCases: readonly KernelCase[] = (
  Object.entries(kernelShapes) as unknown as [KernelName, readonly KernelShape<KernelName>[]][]
).flatMap(([kernel, shapes]) =>
  shapes.map(({ name: title = kernel, label, shape, dims, given, fill = {}, withForward = false, once = false }) => {
    const name = label ? `${title} ${label}` : title;
    return { name, why: name, kernel, shape, dims: { ...dims }, given: given ?? [], fill, withForward, once };
  }),
);

/** The kernel whose results a backward kernel is given, with what it needs besides. */
export const savedBy: { readonly [K in KernelName]?: { kernel: KernelName; dims: Record<string, number> } } = {
  attentionBackward: { kernel: "attentionForward", dims: {} },
  attentionWeights: { kernel: "attentionForward", dims: {} },
  recurrentBackward: { kernel: "recurrentForward", dims: {} },
  softmaxBackward: { kernel: "softmaxForward", dims: {} },
  layerNormBackward: { kernel: "layerNormForward", dims: { eps: Math.fround(1e-5) } },
  crossEntropyBackward: { kernel: "crossEntropyForward", dims: {} },
  ctcBackward: { kernel: "ctcForward", dims: {} },
};
