import type { Ceilings } from "./ceiling.ts";
import { kernelCases } from "./kernelCases.ts";
import type { Baseline, BenchRecord } from "./record.ts";
import { kernelBaseline, runKernel } from "./runKernel.ts";
import { runScenario, scenarioBaseline } from "./runScenario.ts";
import { scenarios } from "./scenarios.ts";
import { runStartUp, startUpShape, startUps } from "./startUp.ts";

/** Whatever can be timed, as the command line sees it. */
export interface BenchCase {
  name: string;
  shape: string;
  run(ceilings: Ceilings): BenchRecord;
  /** Plain TypeScript's time; null where there is no such thing. */
  baseline(): Baseline | null;
}

const all: readonly BenchCase[] = [
  ...kernelCases.map((each) => ({
    ...{ name: each.name, shape: each.shape },
    run: (ceilings: Ceilings) => runKernel(each, ceilings),
    baseline: () => kernelBaseline(each),
  })),
  ...scenarios.map((each) => ({
    ...{ name: each.name, shape: each.shape },
    run: (ceilings: Ceilings) => runScenario(each, ceilings),
    baseline: () => scenarioBaseline(each),
  })),
  ...startUps.map((each) => ({
    ...{ name: each.name, shape: startUpShape },
    run: () => runStartUp(each),
    baseline: () => null,
  })),
];

/** Those whose name, with the shape behind it, matches. */
export const casesMatching = (only: RegExp | null): readonly BenchCase[] =>
  all.filter(({ name, shape }) => only === null || only.test(`${name} ${shape}`));
