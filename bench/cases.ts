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
  /** What plain TypeScript is timed over. A process keeps to one: V8 makes slower code for a loop that has seen both. */
  plain: "float64" | "float32";
  run(ceilings: Ceilings): BenchRecord;
  /** Plain TypeScript's time; null where there is no such thing. */
  baseline(): Baseline | null;
}

const all: readonly BenchCase[] = [
  ...kernelCases.map((each) => ({
    ...{ name: each.name, shape: each.shape, plain: "float64" as const },
    run: (ceilings: Ceilings) => runKernel(each, ceilings),
    baseline: () => kernelBaseline(each),
  })),
  ...scenarios.map((each) => ({
    ...{ name: each.name, shape: each.shape, plain: "float32" as const },
    run: (ceilings: Ceilings) => runScenario(each, ceilings),
    baseline: () => scenarioBaseline(each),
  })),
  ...startUps.map((each) => ({
    ...{ name: each.name, shape: startUpShape, plain: "float64" as const },
    run: () => runStartUp(each),
    baseline: () => null,
  })),
];

/** Those whose name, with the shape behind it, matches. */
export const casesMatching = (only: RegExp | null): readonly BenchCase[] =>
  all.filter(({ name, shape }) => only === null || only.test(`${name} ${shape}`));

export const casesNamed = (names: readonly string[]): readonly BenchCase[] => all.filter(({ name }) => names.includes(name));
