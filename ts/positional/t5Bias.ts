import { expand } from "../ops/expand.ts";
import { all, bias, type Mask } from "../ops/mask.ts";
import { matmul } from "../ops/matmul.ts";
import { relativeShift } from "../ops/relativeShift.ts";
import { FoveaError } from "../runtime/errors.ts";
import { randn, zeros } from "../tensor/create.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Distances, distancesOf } from "./distances.ts";
import type { PositionalEncoding, ScoreContext } from "./positionalEncoding.ts";

export interface T5BucketOptions {
  numBuckets?: number;
  /** Distances from here on share the last bucket. */
  maxDistance?: number;
  /** Whether keys ahead have half of the buckets; without it, all of them are in bucket 0, as a decoder masks them. */
  bidirectional?: boolean;
}

/**
 * Adds to each score a trained number for the bucket of its distance, every head with its own (Raffel et al. 2020, T5): near
 * distances have a bucket each, farther ones share buckets that grow with the logarithm. `weight [numBuckets, numHeads]` starts
 * normal with standard deviation `1 / √embedDim`. Throws `RANGE`.
 *
 *     scores[h, i, j] += weight[bucket(j − i), h]
 */
export function t5Bias(options: T5BucketOptions = {}): PositionalEncoding {
  const { numBuckets = 32 } = options;
  expectBuckets(options);
  return ({ embedDim, numHeads }) => {
    const weight = randn([numBuckets, numHeads]);
    const view = weight.view();
    for (let i = 0; i < view.length; i += 1) view[i]! /= Math.sqrt(embedDim);
    return {
      parameters: { weight },
      bias(query: Tensor, key: Tensor, context: ScoreContext): Mask {
        const [queryLen, keyLen] = [query.shape[1]!, key.shape[1]!];
        const distances = distancesOf("t5Bias", { queryLen, keyLen }, context);
        if (queryLen * keyLen === 0) return all();
        return scope(() => {
          const byDistance = matmul(weight, oneHot(distances, options, numBuckets), { transposeA: true });
          const rows = expand(byDistance.reshape([numHeads, 1, -1]), [numHeads, queryLen, distances.length]);
          return bias(relativeShift(rows, { keyLen }));
        });
      },
    };
  };
}

/** The bucket of `distance`, the position of the key less that of the query. In float32, as every published T5 was trained. */
export function t5Bucket(distance: number, options: T5BucketOptions = {}): number {
  const { numBuckets = 32, maxDistance = 128, bidirectional = true } = options;
  const buckets = bidirectional ? Math.floor(numBuckets / 2) : numBuckets;
  const first = bidirectional && distance > 0 ? buckets : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = Math.floor(buckets / 2);
  if (far < exact) return first + far;
  const logarithm = Math.fround(Math.log(Math.fround(far / exact)));
  const share = Math.fround(logarithm / Math.fround(Math.log(maxDistance / exact)));
  return first + Math.min(exact + Math.trunc(Math.fround(share * (buckets - exact))), buckets - 1);
}

/** `[numBuckets, distances]`: a product with it is a look-up by bucket, and its gradient the sum over each. */
function oneHot(distances: Distances, options: T5BucketOptions, numBuckets: number): Tensor {
  const out = zeros([numBuckets, distances.length]);
  const view = out.view();
  distances.forEach((distance, column) => {
    view[t5Bucket(distance, options) * distances.length + column] = 1;
  });
  return out;
}

function expectBuckets({ numBuckets = 32, maxDistance = 128, bidirectional = true }: T5BucketOptions): void {
  const least = bidirectional ? 4 : 2;
  if (!Number.isInteger(numBuckets) || numBuckets < least)
    throw new FoveaError("RANGE", `t5Bias: numBuckets must be a whole number of at least ${least}, got ${numBuckets}`);
  const exact = Math.floor(numBuckets / least);
  if (!(maxDistance > exact))
    throw new FoveaError(
      "RANGE",
      `t5Bias: maxDistance must be above the ${exact} distances with buckets of their own, got ${maxDistance}`,
    );
}
