import { scoreOf, startOf, visible } from "./attentionScores.ts";
import { dropoutFactor } from "./random.ts";
import { type Args, roundingOf, temporary } from "./rounding.ts";

/** `out = dropout(softmax(scores)) · value`. A query that sees no key gets 0, and `lse` −∞. */
export function attentionForward(args: Args["attentionForward"]): void {
  const { value, out, lse, batch, queryLen, keyLen, numHeads, valueHeadDim, dropout, dropoutKey } = args;
  const round = roundingOf(out);
  const exps = temporary(out, keyLen); // the scores, then e^(score − max)
  out.fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let i = 0; i < queryLen; i++) {
        const row = (b * numHeads + h) * queryLen + i;
        let max = -Infinity;
        for (let j = 0; j < keyLen; j++) {
          exps[j] = visible(args, b, h, i, j) ? scoreOf(args, b, h, i, j, round) : -Infinity;
          max = Math.max(max, exps[j]!);
        }
        lse[row] = -Infinity;
        if (max === -Infinity) continue;
        let sum = 0;
        for (let j = 0; j < keyLen; j++) {
          exps[j] = Math.exp(exps[j]! - max);
          sum = round(sum + exps[j]!);
        }
        lse[row] = max + round(Math.log(sum));
        const outStart = ((b * queryLen + i) * numHeads + h) * valueHeadDim;
        for (let j = 0; j < keyLen; j++) {
          if (!visible(args, b, h, i, j)) continue;
          const weight = round(exps[j]! / sum) * dropoutFactor(dropout, dropoutKey, row, j);
          const valueStart = startOf(args, "value", b, h, j);
          for (let d = 0; d < valueHeadDim; d++) out[outStart + d]! += round(round(weight) * value[valueStart + d]!);
        }
      }
    }
  }
}

/** `softmax(scores)`, from the log-sum-exp of each row. */
export function attentionWeights(args: Args["attentionWeights"]): void {
  const { lse, weights, batch, queryLen, keyLen, numHeads } = args;
  const round = roundingOf(weights);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < numHeads; h++) {
      for (let i = 0; i < queryLen; i++) {
        const row = (b * numHeads + h) * queryLen + i;
        for (let j = 0; j < keyLen; j++) {
          const seen = lse[row] !== -Infinity && visible(args, b, h, i, j);
          weights[row * keyLen + j] = seen ? Math.exp(scoreOf(args, b, h, i, j, round) - lse[row]!) : 0;
        }
      }
    }
  }
}
