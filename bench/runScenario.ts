import { runtime } from "../ts/runtime/index.ts";
import type { Ceilings } from "./ceiling.ts";
import { withPlainKernels } from "./plainKernels.ts";
import type { Baseline, BenchRecord } from "./record.ts";
import { rate } from "./runKernel.ts";
import type { Scenario } from "./scenarios.ts";
import { quickestOf, type Timing, time } from "./time.ts";

/**
 * A result or gradient may differ by this much of its largest element from the same code over plain float32 kernels: hundreds of
 * roundings, a layer's after another's.
 */
const TOLERANCE = 1e-4;

/** Checks a scenario on few items, then times it on all. */
export function runScenario(scenario: Scenario, ceilings: Ceilings): BenchRecord {
  const { name, shape, batch, flops } = scenario;
  const wrong = check(scenario);
  const timing = timed(scenario, batch);
  const partMs = timed(scenario, scenario.affordable).medianMs;
  const { variant, threads } = runtime;
  const rated = rate({ flops: flops * batch, bytes: 0 }, timing.medianMs, ceilings);
  const outcome = { checked: wrong === null, ...(wrong !== null && { wrong }), partMs };
  return { name, shape, variant: variant.name, threads: threads.count, ...timing, ...rated, ...outcome };
}

function timed({ start }: Scenario, batch: number): Timing {
  const running = start(batch);
  const timing = time(running.run);
  running.end();
  return timing;
}

/** Times the same code over plain TypeScript kernels, on few items. */
export function scenarioBaseline({ name, batch, affordable, start }: Scenario): Baseline {
  return withPlainKernels(() => {
    const running = start(affordable);
    const baselineMs = quickestOf(running.run);
    running.end();
    return { name, baselineMs, baselineShare: affordable / batch };
  });
}

function check({ affordable, start }: Scenario): string | null {
  const running = start(affordable);
  const actual = running.results();
  const expected = withPlainKernels(running.results);
  running.end();
  for (const [i, values] of expected.entries()) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const at = values.findIndex((value, j) => !(Math.abs(actual[i]![j]! - value) <= TOLERANCE * largest));
    if (at >= 0) return `result ${i}[${at}] is ${actual[i]![at]}, plain TypeScript says ${values[at]}`;
  }
  return null;
}
