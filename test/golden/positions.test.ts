import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { alibi, alibiSlopes, sinusoidalTable } from "../../ts/positional/index.ts";
import { zeros } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";

interface PositionsCase extends GoldenCase {
  kind: string;
  dims: Record<string, number>;
  base?: number;
  maxHeads?: number;
}

type Results = Record<string, Golden | Tensor>;

const kinds: Record<string, (each: PositionsCase, goldens: Goldens) => Results> = {
  sinusoidal({ dims: { seqLen = 0, dim = 0 }, base }) {
    return { "output.table": { shape: [seqLen, dim], values: sinusoidalTable(seqLen, dim, base) } };
  },

  alibi({ dims: { numHeads = 0, queryLen = 0, keyLen = 0 }, maxHeads = 0 }) {
    const slopes = Array.from({ length: maxHeads }, (_, i) => i + 1).map((heads): [string, Golden] => [
      `output.slopes.${heads}`,
      { shape: [heads], values: Float32Array.from(alibiSlopes(heads)) },
    ]);
    const offset = keyLen - queryLen;
    const shape = [numHeads, queryLen, keyLen];
    const values = addedScores({ numHeads, queryLen, keyLen, offset });
    // Where the key is later, to be masked, the causal formula goes on with the other sign.
    const causal = values.map((value, at) => (at % keyLen > (Math.floor(at / keyLen) % queryLen) + offset ? -value : value));
    return { ...Object.fromEntries(slopes), "output.symmetric": { shape, values }, "output.causal": { shape, values: causal } };
  },
};

const notYet = ["rotary_half", "rotary_interleaved", "t5_buckets", "relative_shift", "transformer_xl_attention"];

testGoldens<PositionsCase>(
  "positions",
  [{ why: "not in the library yet", is: ({ kind }) => notYet.includes(kind) }],
  (each, goldens) => {
    const compute = kinds[each.kind];
    if (!compute) throw new Error(`no test for ${each.kind}`);
    return compute(each, goldens);
  },
);

/** What ALiBi adds to the scores of 0, `[numHeads, queryLen, keyLen]`: read back as log weight + lse, whatever kind of mask it is. */
function addedScores({ numHeads, queryLen, keyLen, offset }: Record<"numHeads" | "queryLen" | "keyLen" | "offset", number>) {
  const [query, key] = [zeros([1, queryLen, numHeads, 4]), zeros([1, keyLen, numHeads, 4])];
  const mask = alibi()({ embedDim: 4 * numHeads, numHeads }).bias!(query, key, { query: offset, scale: 1 });
  const { weights, lse } = scaledDotProductAttention(query, key, key, { mask, needWeights: true, needLse: true });
  return Float32Array.from(weights!.view(), (weight, at) => Math.log(weight) + lse!.view()[Math.floor(at / keyLen)]!);
}
