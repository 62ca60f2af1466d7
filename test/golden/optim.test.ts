import { expect } from "vitest";
import { multiply } from "../../ts/ops/multiply.ts";
import { sum } from "../../ts/ops/sum.ts";
import { AdamW, clipGradNorm, warmupCosine, warmupLinear } from "../../ts/optim/index.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase } from "./modules.ts";
import { problemGradients } from "./optimProblem.ts";

interface OptimCase extends GoldenCase {
  kind: string;
  optimizer?: string;
  constructor: Record<string, unknown>;
  steps: number;
  clipGradNorm?: number;
  groups?: ({ params: string[] } & Record<string, unknown>)[];
  normType?: unknown;
  maxNorm?: number;
  scheduler?: string;
  baseLr?: number;
  options?: { num_warmup_steps: number; num_training_steps: number };
  lr?: number[];
}

const schedules: Record<string, typeof warmupCosine> = {
  get_cosine_schedule_with_warmup: warmupCosine,
  get_linear_schedule_with_warmup: warmupLinear,
};

testGoldens<OptimCase>(
  "optim",
  [
    {
      why: "this optimizer is not in the library yet",
      is: ({ kind, optimizer }) => kind === "trajectory" && optimizer !== "AdamW",
    },
    { why: "only the 2-norm is clipped so far", is: ({ kind, normType }) => kind.startsWith("clip") && normType !== undefined },
    { why: "values are not clipped so far", is: ({ kind }) => kind === "clip_grad_value_" },
    {
      why: "this schedule is not in the library yet",
      is: ({ kind, scheduler }) => kind === "schedule" && !(scheduler! in schedules),
    },
  ],
  (each, goldens) => {
    if (each.kind === "trajectory") return trajectory(each, goldens);
    return each.kind === "schedule" ? schedule(each) : clip(each, goldens);
  },
);

/** The golden problem's gradients come from plain loops, so that the optimizer alone is judged. */
function trajectory(
  { constructor: given, groups, steps, clipGradNorm: maxNorm, tensors = {} }: OptimCase,
  goldens: Goldens,
): Record<string, Golden | Tensor> {
  const named = new Map(goldens.names("param.").map((name) => [name, goldens.tensor(`param.${name}`)]));
  const parameters = [...named.values()];
  for (const parameter of parameters) parameter.requiresGrad = true;
  const grouped = groups?.map(({ params, ...options }) => ({
    params: params.map((name) => named.get(name)!),
    ...camelCase(options),
  }));
  const optimizer = new AdamW(grouped ?? parameters, camelCase(given));
  const results: Record<string, Golden | Tensor> = {};
  const losses = new Float32Array(steps);
  for (let step = 1; step <= steps; step++) {
    const { loss, gradients } = problemGradients(goldens, named);
    losses[step - 1] = loss;
    optimizer.zeroGrad();
    for (const [name, parameter] of named) setGradient(parameter, gradients.get(name)!);
    if (step === 1) for (const [name, { grad }] of named) results[`grad.param.${name}`] = copyOf(grad!);
    if (maxNorm !== undefined) clipGradNorm(parameters, maxNorm);
    optimizer.step();
    for (const [name, parameter] of named)
      if (`output.step${step}.${name}` in tensors) results[`output.step${step}.${name}`] = copyOf(parameter);
  }
  optimizer.dispose();
  return { ...results, "output.losses": { shape: [steps], values: losses } };
}

function clip({ maxNorm }: OptimCase, goldens: Goldens): Record<string, Golden | Tensor> {
  const parameters = goldens.names("input.").map((name) => {
    const { shape, values } = goldens.golden(`input.${name}`);
    const parameter = zeros(shape, { requiresGrad: true });
    setGradient(parameter, values as Float32Array);
    return [name, parameter] as const;
  });
  const norm = clipGradNorm(
    parameters.map(([, parameter]) => parameter),
    maxNorm!,
  );
  const gradients = Object.fromEntries(parameters.map(([name, { grad }]) => [`output.${name}`, grad!]));
  return { ...gradients, "output.totalNorm": { shape: [], values: Float32Array.of(norm) } };
}

/** Beyond the last training step the references differ from ours, which stays at 0. */
function schedule({ scheduler, options, baseLr, lr }: OptimCase): Record<string, never> {
  const { num_warmup_steps: warmupSteps, num_training_steps: total } = options!;
  const factor = schedules[scheduler!]!({ warmupSteps });
  lr!.slice(0, total + 1).forEach((expected, step) => {
    expect(factor(step, total) * baseLr!, `step ${step}`).toBeCloseTo(expected, 12);
  });
  return {};
}

/** Through the tape: the gradient of `Σ gradient · parameter`. */
function setGradient(parameter: Tensor, gradient: Float32Array): void {
  scope(() => sum(multiply(parameter, tensor(gradient, parameter.shape))).backward());
}

const copyOf = (from: Tensor): Golden => ({ shape: from.shape, values: Float32Array.from(from.view()) });
