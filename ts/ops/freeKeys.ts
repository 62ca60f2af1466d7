import { zeros } from "../tensor/create.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { concat } from "./concat.ts";
import { all, bias, keep, type Mask } from "./mask.ts";
import { type MaskArguments, maskArguments, type ScoreDims } from "./maskArguments.ts";

/**
 * `mask`, which speaks of `keyLen` keys, for as many and `extra` more that every query may attend to, as PyTorch's `bias_k` and
 * zero key. Whatever it says becomes one boolean tensor and one bias.
 */
export function withFreeKeys(op: string, mask: Mask | null, dims: ScoreDims, extra: number): Mask | null {
  if (mask === null) return null;
  const masks = maskArguments(op, mask, dims);
  const flags = masks.keep || masks.keyLengths || masks.causal || masks.window >= 0 ? keep(flagsOf(masks, dims, extra)) : null;
  const added = masks.bias && concat([masks.bias, zeros([...masks.bias.shape.slice(0, 3), extra])], { axis: 3 });
  masks.keyLengths?.dispose();
  masks.keep?.dispose();
  return all(flags, added && bias(added));
}

function flagsOf(masks: MaskArguments, { batch, queryLen, keyLen }: ScoreDims, extra: number): Tensor {
  const [keepBatch = 1, keepHeads = 1, keepQueries = 1] = masks.keep?.shape ?? [];
  const items = masks.keyLengths ? batch : keepBatch;
  const queries = masks.causal || masks.window >= 0 ? queryLen : keepQueries;
  const out = empty([items, keepHeads, queries, keyLen + extra], "bool");
  const to = out.view();
  to.fill(1);
  const kept = masks.keep?.view();
  const lengths = masks.keyLengths?.view();
  let at = 0;
  for (let b = 0; b < items; b += 1)
    for (let h = 0; h < keepHeads; h += 1)
      for (let i = 0; i < queries; i += 1, at += keyLen + extra) {
        const row = (((keepBatch === 1 ? 0 : b) * keepHeads + h) * keepQueries + (keepQueries === 1 ? 0 : i)) * keyLen;
        for (let j = 0; j < keyLen; j += 1)
          if (kept?.[row + j] === 0 || (lengths && j >= lengths[b]!) || !positionSeen(masks, i, j)) to[at + j] = 0;
      }
  return out;
}

/** The rules of the kernel for `causal` and `window`. */
function positionSeen({ causal, causalOffset, window }: MaskArguments, query: number, key: number): boolean {
  const distance = query + causalOffset - key;
  if (causal && distance < 0) return false;
  return window < 0 || (distance <= window && (causal || -distance <= window));
}
