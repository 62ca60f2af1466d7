import { casesOf, type Problem, type Values } from "../test/harness/problem.ts";
import { random } from "../test/harness/random.ts";
import type { DType } from "../ts/runtime/buffer.ts";
import { type KernelName, manifest } from "../ts/runtime/kernels.gen.ts";
import type { KernelCase } from "./kernelCases.ts";

/** A kernel's inputs, filled as its tests fill them and the same each time. What another kernel should have saved is not computed yet. */
export function draw(kernel: KernelName, { name, dims: given, given: options = [], fill: own = {} }: KernelCase): Problem {
  const { fill } = casesOf(kernel);
  const rng = random(1);
  const dims = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value)]));
  const buffers: Problem["buffers"] = [];
  for (const arg of manifest[kernel]) {
    if (!arg.dtype || !arg.length || (arg.optional && !options.includes(arg.name))) continue;
    const length = arg.length(dims);
    const values = arg.kind === "write" ? null : emptyValues(arg.dtype, length);
    if (values) {
      const draw = own[arg.name] ?? fill[arg.name];
      if (!draw) throw new Error(`test/cases.ts: ${kernel} does not say how to fill ${arg.name}`);
      for (let index = 0; index < length; index++) values[index] = Math.fround(draw({ index, length, rng, dims }));
    }
    buffers.push({ arg, dtype: arg.dtype, length, values });
  }
  return { kernel, each: { why: name, dims: given, given: options }, dims, buffers };
}

/** Float32 is held as float64, the reference's own type. */
export function emptyValues(dtype: DType, length: number): Values {
  if (dtype === "float32") return new Float64Array(length);
  return dtype === "int32" ? new Int32Array(length) : new Uint8Array(length);
}
