import { add } from "../../ts/ops/add.ts";
import { scaledDotProductAttention } from "../../ts/ops/attention.ts";
import { all, bias, causal } from "../../ts/ops/mask.ts";
import { matmul } from "../../ts/ops/matmul.ts";
import { relativeShift } from "../../ts/ops/relativeShift.ts";
import { scale } from "../../ts/ops/scale.ts";
import { distanceScores } from "../../ts/positional/distanceScores.ts";
import { alibi, alibiSlopes, type RotaryScaling, rotary, sinusoidalTable, t5Bucket } from "../../ts/positional/index.ts";
import { ones, tensor, zeros } from "../../ts/tensor/create.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { swapHeads } from "./heads.ts";
import { camelCase, inputGradients } from "./modules.ts";

interface PositionsCase extends GoldenCase {
  kind: string;
  dims: Record<string, number>;
  base?: number;
  maxHeads?: number;
  offset?: number;
  numBuckets?: number;
  maxDistance?: number;
  bidirectional?: boolean;
  maxPosition?: number;
  ropeScaling?: Record<string, unknown> & { rope_type: string };
}

type Results = Record<string, Golden | Tensor>;

const kinds: Record<string, (each: PositionsCase, goldens: Goldens) => Results> = {
  sinusoidal({ dims: { seqLen = 0, dim = 0 }, base }) {
    return { "output.table": { shape: [seqLen, dim], values: sinusoidalTable(seqLen, dim, base) } };
  },

  t5_buckets({ dims: { queryLen = 0, keyLen = 0 }, offset = 0, ...options }) {
    const values = Int32Array.from({ length: queryLen * keyLen }, (_, at) =>
      t5Bucket((at % keyLen) - Math.floor(at / keyLen) - offset, options),
    );
    return { "output.buckets": { shape: [queryLen, keyLen], values } };
  },

  relative_shift({ dims: { keyLen = 0 } }, goldens) {
    const x = goldens.tensor("input.x");
    const out = relativeShift(x, { keyLen });
    out.backward(goldens.tensor("gradOutput.out"));
    return { "output.out": out, "grad.input.x": x.grad! };
  },

  rotary_half: (each, goldens) => ofRotary(each, goldens, each.dims.headDim!),
  rotary_interleaved: (each, goldens) => ofRotary(each, goldens, each.dims.rotaryDim!),

  transformer_xl_attention({ dims: { queryLen = 0, keyLen = 0, headDim = 0 } }, goldens) {
    const inputs = ["q", "k", "value"].map((name) => ofHeads(goldens, `input.${name}`)) as [Tensor, Tensor, Tensor];
    const [query, key, value] = inputs;
    const [r, u, v] = ["r", "u", "v"].map((name) => goldens.tensor(`input.${name}`)) as [Tensor, Tensor, Tensor];
    const byColumn = matmul(exchange(keyLen), r); // row d is for distance d, our first column for the farthest
    const scores = distanceScores(add(query, v), scale(byColumn, 1 / Math.sqrt(headDim)), { keyLen });
    const mask = all(causal({ offset: keyLen - queryLen }), bias(scores));
    const { out, weights } = scaledDotProductAttention(add(query, u), key, value, { mask, needWeights: true });
    out.backward(ofHeads(goldens, "gradOutput.out"));
    return {
      "output.out": swapHeads(out),
      "output.weights": weights!,
      "grad.input.q": swapHeads(query.grad!),
      "grad.input.k": swapHeads(key.grad!),
      "grad.input.value": swapHeads(value.grad!),
      ...inputGradients({ r, u, v }),
    };
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

testGoldens<PositionsCase>("positions", [], (each, goldens) => {
  const compute = kinds[each.kind];
  if (!compute) throw new Error(`no test for ${each.kind}`);
  return compute(each, goldens);
});

/** What ALiBi adds to the scores of 0, `[numHeads, queryLen, keyLen]`: read back as log weight + lse, whatever kind of mask it is. */
function addedScores({ numHeads, queryLen, keyLen, offset }: Record<"numHeads" | "queryLen" | "keyLen" | "offset", number>) {
  const [query, key] = [zeros([1, queryLen, numHeads, 4]), zeros([1, keyLen, numHeads, 4])];
  const mask = alibi()({ embedDim: 4 * numHeads, numHeads }).bias!(query, key, { query: offset, scale: 1 });
  const { weights, lse } = scaledDotProductAttention(query, key, key, { mask, needWeights: true, needLse: true });
  return Float32Array.from(weights!.view(), (weight, at) => Math.log(weight) + lse!.view()[Math.floor(at / keyLen)]!);
}

function ofRotary(each: PositionsCase, goldens: Goldens, rotaryDim: number): Results {
  const { kind, dims, base, ropeScaling, maxPosition } = each;
  const interleaved = kind === "rotary_interleaved";
  const scaling = ropeScaling ? scalingOf(ropeScaling, maxPosition!) : null;
  const embedDim = dims.numHeads! * dims.headDim!;
  const { rotate } = rotary({ base: base!, interleaved, rotaryDim, scaling })({ embedDim, numHeads: dims.numHeads! });
  const place = goldens.tensor("input.position");
  const [query, key] = ["q", "k"].map((name) => ofHeads(goldens, `input.${name}`)) as [Tensor, Tensor];
  const placed = rotate!(query, key, { query: place, key: place });
  placed[0].backward(ofHeads(goldens, "gradOutput.q"));
  placed[1].backward(ofHeads(goldens, "gradOutput.k"));

  const [batch, seqLen] = place.shape as [number, number];
  const first = ones([batch, seqLen, 1, dims.headDim!]);
  const second = (channel: number) => (interleaved ? channel % 2 === 1 : channel >= rotaryDim / 2);
  first.view().forEach((_, at, view) => {
    if (second(at % dims.headDim!)) view[at] = 0;
  });
  const [turned] = rotate!(first, first, { query: place, key: place });
  return {
    "output.q": swapHeads(placed[0]),
    "output.k": swapHeads(placed[1]),
    "grad.input.q": swapHeads(query.grad!),
    "grad.input.k": swapHeads(key.grad!),
    ...tables(turned, rotaryDim, second, interleaved ? 1 : 2),
  };
}

/** `output.cos` and `output.sin`, `repeats` times beside each other: what becomes of pairs (1, 0). */
function tables(turned: Tensor, rotaryDim: number, isSecond: (channel: number) => boolean, repeats: number): Results {
  const [batch, seqLen, , headDim] = turned.shape as [number, number, number, number];
  const rows = Array.from({ length: batch * seqLen }, (_, row) => [
    ...turned.view().subarray(row * headDim, row * headDim + rotaryDim),
  ]);
  const table = (second: boolean): Golden => ({
    shape: [batch, seqLen, (repeats * rotaryDim) / 2],
    values: Float32Array.from(
      rows.flatMap((row) =>
        Array.from({ length: repeats }, () => row.filter((_, channel) => isSecond(channel) === second)).flat(),
      ),
    ),
  });
  return { "output.cos": table(false), "output.sin": table(true) };
}

/** Hugging Face's `rope_scaling` as ours. */
function scalingOf(given: NonNullable<PositionsCase["ropeScaling"]>, maxPosition: number): RotaryScaling {
  const { rope_type: type, original_max_position_embeddings: originalMaxPosition, ...options } = given;
  return { type, maxPosition, originalMaxPosition, ...camelCase(options) } as unknown as RotaryScaling;
}

/** The identity matrix, its rows in reverse. */
function exchange(n: number): Tensor {
  const matrix = zeros([n, n]);
  for (let i = 0; i < n; i++) matrix.view()[i * n + n - 1 - i] = 1;
  return matrix;
}

function ofHeads(goldens: Goldens, name: string): Tensor {
  const { shape, values } = swapHeads(goldens.golden(name));
  return tensor(values, shape, { requiresGrad: name.startsWith("input.") });
}
