import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseSafetensors } from "../../ts/io/safetensors.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { tensor } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";

/** The goldens in this folder, or in the one that `GOLDEN_DIR` names: other seeds and shapes run through the same tests. */
const here = dirname(fileURLToPath(import.meta.url));
export const goldenFolder = process.env.GOLDEN_DIR ? resolve(process.env.GOLDEN_DIR) : here;

/** A case of a group's index.json: its name, how it was made (under PyTorch's own names), and its tensors. */
export interface GoldenCase {
  name: string;
  /** None, and no tensors, where a case is numbers alone. */
  file?: string;
  tensors?: Record<string, { dtype: string; shape: number[]; atol?: number }>;
}

/** Row-major values. */
export interface Golden {
  shape: readonly number[];
  values: Float32Array | Int32Array | Uint8Array;
}

/** Cases we do not cover yet, and why. */
export interface Exception<C> {
  why: string;
  is(each: C): boolean;
}

/** The tensors of a case. */
export interface Goldens {
  has(name: string): boolean;
  golden(name: string): Golden;
  /** As one of ours; floats with a gradient if the case has one for it. */
  tensor(name: string): Tensor;
  /** Those of another file in the same folder: a model's weights beside what it computes. */
  beside(file: string): Goldens;
  /** A file in the same folder, parsed. */
  json(file: string): unknown;
  /** Names that start with `prefix`, without it. */
  names(prefix: string): string[];
}

/**
 * One test for each case of a group. `compute` gives our own `output.*` and `grad.*`; every one that index.json lists is compared, at the tolerance it
 * states, whole numbers exactly. A case that is no exception and that `compute` cannot do fails.
 */
export function testGoldens<C extends GoldenCase>(
  group: string,
  exceptions: readonly Exception<C>[],
  compute: (each: C, goldens: Goldens) => Record<string, Golden | Tensor>,
): void {
  const index = join(goldenFolder, group, "index.json");
  if (!existsSync(index)) {
    if (goldenFolder === here) throw new Error(`${index} is missing`);
    test.skip(`${group}: GOLDEN_DIR has no ${group}/index.json`);
    return;
  }
  const { cases } = JSON.parse(readFileSync(index, "utf8")) as { cases: C[] };
  describe(`PyTorch's ${group}`, () => {
    beforeAll(() => init());
    afterAll(() => dispose());
    for (const each of cases) {
      const exception = exceptions.find(({ is }) => is(each));
      if (exception) test.skip(`${each.name}: ${exception.why}`);
      else
        test(each.name, () =>
          scope(() => {
            const goldens = read(join(goldenFolder, group, each.file ?? ""), each);
            expectGoldens(each, goldens, compute(each, goldens));
          }),
        );
    }
  });
}

function read(file: string, { tensors: listed = {} }: Pick<GoldenCase, "tensors">): Goldens {
  let parsed: ReturnType<typeof parseSafetensors>["tensors"] | undefined;
  const entries = () => (parsed ??= parseSafetensors(readFileSync(file)).tensors); // when asked: a case of numbers alone has no file
  const golden = (name: string): Golden => {
    const entry = entries().get(name);
    if (!entry) throw new Error(`${file} has no ${name}`);
    return { shape: entry.shape, values: entry.values() as Golden["values"] };
  };
  return {
    golden,
    has: (name) => entries().has(name),
    beside: (other) => read(join(dirname(file), other), {}),
    json: (other) => JSON.parse(readFileSync(join(dirname(file), other), "utf8")),
    names: (prefix) => [...entries().keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    tensor(name) {
      const { shape, values } = golden(name);
      if (values instanceof Uint8Array) return tensor(values, [...shape], { dtype: "bool" });
      return tensor(values, [...shape], { requiresGrad: `grad.${name}` in listed });
    },
  };
}

function expectGoldens({ tensors = {} }: GoldenCase, goldens: Goldens, actual: Record<string, Golden | Tensor>): void {
  for (const [name, { dtype, atol = dtype === "I32" ? 0 : undefined }] of Object.entries(tensors)) {
    if (atol === undefined || !/^(output|grad)\./.test(name)) continue;
    const ours = actual[name];
    if (!ours) expect.fail(`${name}: nothing to compare`);
    const { shape, values } = goldens.golden(name);
    expect(ours.shape, name).toEqual(shape);
    const got = "values" in ours ? ours.values : ours.view();
    const [at, difference] = worst(got, values);
    if (!(difference <= atol))
      expect.fail(`${name}[${at}] is ${got[at]}, PyTorch has ${values[at]}: ${difference} apart, allowed is ${atol}`);
  }
}

function worst(got: ArrayLike<number>, want: ArrayLike<number>): [number, number] {
  let [at, most] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i]! - want[i]!);
    if (!(difference <= most)) [at, most] = [i, difference];
    if (Number.isNaN(most)) break;
  }
  return [at, most];
}
