import { cappedScore, scoreOf, startOf, visible } from "./attentionScores.ts";
import { dropoutFactor } from "./random.ts";
import { type Args, roundingOf } from "./rounding.ts";

export function attentionBackward(args: Args["attentionBackward"]): void {
  const { query, key, value, dOut, lse, dWeights, dPacked, dBias, dQueryOffset, dKeyOffset, dValueOffset } = args;
  const { batch, queryLen, keyLen, numHeads, headDim, valueHeadDim, scale, softcap, dropout, dropoutKey } = args;
  const round = roundingOf(dPacked);
  dPacked.fill(0);
  dBias?.fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let i = 0; i < queryLen; i++) {
        const row = (b * numHeads + h) * queryLen + i;
        if (lse[row] === -Infinity) continue; // sees no key: nothing depends on it
        const outStart = ((b * queryLen + i) * numHeads + h) * valueHeadDim;
        const queryStart = startOf(args, "query", b, h, i);
        const delta = deltaOf(args, row, outStart, round);
        for (let j = 0; j < keyLen; j++) {
          if (!visible(args, b, h, i, j)) continue;
          const keyStart = startOf(args, "key", b, h, j);
          const valueStart = startOf(args, "value", b, h, j);
          // out = Σⱼ factor · weight · valueⱼ
          const weight = round(Math.exp(scoreOf(args, b, h, i, j, round) - lse[row]!));
          const factor = dropoutFactor(dropout, dropoutKey, row, j);
          let dWeight = 0;
          for (let d = 0; d < valueHeadDim; d++) {
            dWeight = round(dWeight + round(dOut[outStart + d]! * value[valueStart + d]!));
            dPacked[dValueOffset + valueStart + d]! += round(round(factor * weight) * dOut[outStart + d]!);
          }
          dWeight = round(factor * dWeight);
          if (dWeights) dWeight = round(dWeight + dWeights[row * keyLen + j]!);
          // weight = softmax(score), score = capped + bias
          let dScore = round(weight * round(dWeight - delta));
          if (dBias) dBias[row * keyLen + j] = dScore;
          // capped = softcap · tanh(scale · query · key / softcap)
          if (softcap > 0) dScore = round(dScore * (1 - (cappedScore(args, b, h, i, j, round) / softcap) ** 2));
          for (let d = 0; d < headDim; d++) {
            dPacked[dQueryOffset + queryStart + d]! += round(round(scale * dScore) * key[keyStart + d]!);
            dPacked[dKeyOffset + keyStart + d]! += round(round(scale * dScore) * query[queryStart + d]!);
          }
        }
      }
    }
  }
}

/** `Σⱼ weightⱼ · dWeightⱼ` of one row, without the weights: what reaches `out` is `out · dOut`. */
function deltaOf(args: Args["attentionBackward"], row: number, outStart: number, round: (x: number) => number): number {
  const { out, dOut, weights, dWeights, keyLen, valueHeadDim } = args;
  let delta = 0;
  for (let d = 0; d < valueHeadDim; d++) delta = round(delta + round(out[outStart + d]! * dOut[outStart + d]!));
  if (weights && dWeights) {
    for (let j = 0; j < keyLen; j++) delta = round(delta + round(weights[row * keyLen + j]! * dWeights[row * keyLen + j]!));
  }
  return delta;
}
