import type { Problem, Values } from "../test/harness/problem.ts";
import { reference } from "../ts/reference/index.ts";
import { heap, runtime } from "../ts/runtime/index.ts";
import type { KernelArgs } from "../ts/runtime/kernels.gen.ts";
import type { Ceilings } from "./ceiling.ts";
import { check } from "./check.ts";
import { draw, emptyValues } from "./draw.ts";
import { type KernelCase, savedBy } from "./kernelCases.ts";
import type { Baseline, BenchRecord } from "./record.ts";
import { samplesOf, shareOf } from "./samples.ts";
import { quickestOf, time, timeOnce } from "./time.ts";
import { place, readBack } from "./wasmCall.ts";
import { type Work, workOf } from "./work.ts";

/** Checks one kernel, then times it. */
export function runKernel(each: KernelCase, ceilings: Ceilings): BenchRecord {
  const problem = draw(each.kernel, each);
  const saving = savingProblem(each);
  const call = place(problem);
  const before = saving && place(saving, call.buffers);
  if (before) {
    readBack(saving!, Object.keys(call.buffers), before);
    before.run();
    readBack(problem, writtenBy(saving!), call);
  }
  const used = heap.used;
  heap.resetPeak();
  call.run();
  const bytes = heap.peak - used;
  const wrong = (each.withForward ? check(saving!, before!) : null) ?? check(problem, call);
  const runBoth = () => {
    before!.run();
    call.run();
  };
  const run = each.withForward ? runBoth : call.run;
  const timing = each.once ? timeOnce(run) : time(run);
  before?.free();
  call.free();
  const { name, shape } = each;
  const { variant, threads } = runtime;
  const rated = rate(workOfCase(each, problem, saving), timing.medianMs, ceilings);
  const outcome = { checked: wrong === null, ...(wrong !== null && { wrong }), bytes };
  return { name, shape, variant: variant.name, threads: threads.count, ...timing, ...rated, ...outcome };
}

/** GFLOP/s where there is arithmetic to count, else GB/s; and how much of the ceiling that is. */
export function rate(
  { flops, bytes }: Work,
  medianMs: number,
  ceilings: Ceilings,
): Pick<BenchRecord, "gflops" | "gbs" | "ceiling" | "share"> {
  if (flops > 0) {
    const gflops = flops / medianMs / 1e6;
    return { gflops, ceiling: ceilings.gflops, share: gflops / ceilings.gflops };
  }
  const gbs = bytes / medianMs / 1e6;
  return { gbs, ceiling: ceilings.gbs, share: gbs / ceilings.gbs };
}

/** Times the reference over Float64Array: all of a case, or its samples. */
export function kernelBaseline(each: KernelCase): Baseline {
  const problem = draw(each.kernel, each);
  const saving = each.withForward ? savingProblem(each) : null;
  const problems = saving ? [saving, problem] : [problem];
  const samples = problems.map(samplesOf);
  const tables = samples.flat().map((sample) => ({ kernel: sample.problem.kernel, args: tableOf(sample.problem) }));
  const baselineMs = quickestOf(() => {
    for (const { kernel, args } of tables) (reference[kernel] as (args: unknown) => void)(args);
  });
  return { name: each.name, baselineMs, baselineShare: shareOf(problems, samples) };
}

/** The call of the kernel that saves what this one reads. */
function savingProblem(each: KernelCase): Problem | null {
  const saved = savedBy[each.kernel];
  return saved ? draw(saved.kernel, { ...each, dims: { ...each.dims, ...saved.dims } }) : null;
}

const writtenBy = ({ buffers }: Problem): string[] => buffers.filter(({ arg }) => arg.kind !== "read").map(({ arg }) => arg.name);

function workOfCase({ withForward }: KernelCase, problem: Problem, saving: Problem | null): Work {
  const work = workOf(problem);
  return withForward && saving ? { flops: work.flops + workOf(saving).flops, bytes: work.bytes } : work;
}

function tableOf({ each, buffers }: Problem): KernelArgs<Values, Values, Values> {
  const table: Record<string, unknown> = { ...each.dims };
  for (const { arg, dtype, length, values } of buffers) table[arg.name] = values?.slice() ?? emptyValues(dtype, length);
  return table as never;
}
