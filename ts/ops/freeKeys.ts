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
  const { keep: kept, keyLengths, causal, window, ranges, slopes } = masks;
  const flags = kept || keyLengths || causal || window >= 0 || ranges ? keep(flagsOf(masks, dims, extra)) : null;
  const biases = [masks.bias, slopes && distances(masks, dims)].filter((tensor) => tensor !== null);
  const added = biases.map((tensor) => bias(concat([tensor, zeros([...tensor.shape.slice(0, 3), extra])], { axis: 3 })));
  for (const made of [keyLengths, kept, ranges, slopes]) made?.dispose();
  return all(flags, ...added);
}

/** What slopes take off, as a bias. */
function distances({ slopes, slopeOffset }: MaskArguments, { numHeads, queryLen, keyLen }: ScoreDims): Tensor {
  const out = empty([1, numHeads, queryLen, keyLen]);
  const to = out.view();
  let at = 0;
  for (const slope of slopes!.view())
    for (let i = 0; i < queryLen; i += 1)
      for (let j = 0; j < keyLen; j += 1, at += 1) to[at] = -slope * Math.abs(i + slopeOffset - j);
  return out;
}

function flagsOf(masks: MaskArguments, { batch, queryLen, keyLen }: ScoreDims, extra: number): Tensor {
  const [keepBatch = 1, keepHeads = 1, keepQueries = 1] = masks.keep?.shape ?? [];
  const items = masks.keyLengths || (masks.ranges?.shape[0] ?? 1) > 1 ? batch : keepBatch;
  const queries = masks.causal || masks.window >= 0 || masks.ranges ? queryLen : keepQueries;
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
          if (kept?.[row + j] === 0 || (lengths && j >= lengths[b]!) || !positionSeen(masks, b, i, j)) to[at + j] = 0;
      }
  return out;
}

/** The rules of the kernel for `causal`, `window`, `sinks` and `ranges`. */
function positionSeen(
  { causal, causalOffset, window, sinks, ranges }: MaskArguments,
  b: number,
  query: number,
  key: number,
): boolean {
  const [items = 1, queryLen = 1] = ranges?.shape ?? [];
  const at = 2 * ((b % items) * queryLen + query);
  const [first, end] = ranges ? [ranges.view()[at]!, ranges.view()[at + 1]!] : [0, Number.POSITIVE_INFINITY];
  if (key < first || key >= end) return false;
  const distance = query + causalOffset - key;
  if (causal && distance < 0) return false;
  if (window < 0) return true;
  return (distance <= window || key < first + sinks) && (causal || -distance <= window);
}
