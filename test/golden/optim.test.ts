import { multiply } from "../../ts/ops/multiply.ts";
import { sum } from "../../ts/ops/sum.ts";
import * as optim from "../../ts/optim/index.ts";
import { tensor, zeros } from "../../ts/tensor/create.ts";
import { scope } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";
import { camelCase } from "./modules.ts";
import { problemGradients } from "./optimProblem.ts";
import { expectSchedule, type ScheduleCase } from "./optimSchedules.ts";

interface OptimCase extends GoldenCase, ScheduleCase {
  kind: string;
  optimizer?: string;
  constructor: Record<string, unknown>;
  steps: number;
  clipGradNorm?: number;
  groups?: ({ params: string[] } & Record<string, unknown>)[];
  normType?: number | "inf";
  maxNorm?: number;
  clipValue?: number;
}

type Params = readonly Tensor[] | readonly { params: Tensor[] }[];

const optimizers: Record<string, new (params: Params, options: object) => optim.Optimizer & { dispose(): void }> = {
  ...{ SGD: optim.SGD, Adam: optim.Adam, AdamW: optim.AdamW, RAdam: optim.RAdam, NAdam: optim.NAdam, Adagrad: optim.Adagrad },
  ...{ RMSprop: optim.RMSprop, Adafactor: optim.Adafactor, Lion: optim.Lion, Muon: optim.Muon },
};

testGoldens<OptimCase>("optim", [], (each, goldens) => {
  if (each.kind === "trajectory") return trajectory(each, goldens);
  if (each.kind !== "schedule") return clip(each, goldens);
  expectSchedule(each);
  return {};
});

/** The golden problem's gradients come from plain loops, so that the optimizer alone is judged. */
function trajectory(
  { optimizer: kind, constructor: given, groups, steps, clipGradNorm: maxNorm, tensors = {} }: OptimCase,
  goldens: Goldens,
): Record<string, Golden | Tensor> {
  const named = new Map(goldens.names("param.").map((name) => [name, goldens.tensor(`param.${name}`)]));
  const parameters = [...named.values()];
  for (const parameter of parameters) parameter.requiresGrad = true;
  const grouped = groups?.map(({ params, ...options }) => ({
    params: params.map((name) => named.get(name)!),
    ...camelCase(options),
  }));
  // Muon takes no biases: they stay as they are.
  const taken = kind === "Muon" ? parameters.filter(({ shape }) => shape.length === 2) : parameters;
  const optimizer = new optimizers[kind!]!(grouped ?? taken, camelCase(given));
  const results: Record<string, Golden | Tensor> = {};
  const losses = new Float32Array(steps);
  for (let step = 1; step <= steps; step++) {
    const { loss, gradients } = problemGradients(goldens, named);
    losses[step - 1] = loss;
    optimizer.zeroGrad();
    for (const [name, parameter] of named) setGradient(parameter, gradients.get(name)!);
    if (step === 1) for (const [name, { grad }] of named) results[`grad.param.${name}`] = copyOf(grad!);
    if (maxNorm !== undefined) optim.clipGradNorm(parameters, maxNorm);
    optimizer.step();
    for (const [name, parameter] of named)
      if (`output.step${step}.${name}` in tensors) results[`output.step${step}.${name}`] = copyOf(parameter);
  }
  optimizer.dispose();
  return { ...results, "output.losses": { shape: [steps], values: losses } };
}

function clip({ kind, maxNorm, clipValue, normType = 2 }: OptimCase, goldens: Goldens): Record<string, Golden | Tensor> {
  const named = goldens.names("input.").map((name) => {
    const { shape, values } = goldens.golden(`input.${name}`);
    const parameter = zeros(shape, { requiresGrad: true });
    setGradient(parameter, values as Float32Array);
    return [name, parameter] as const;
  });
  const parameters = named.map(([, parameter]) => parameter);
  const results: Record<string, Golden | Tensor> = {};
  if (kind === "clip_grad_value_") optim.clipGradValue(parameters, clipValue!);
  else {
    const norm = optim.clipGradNorm(parameters, maxNorm!, { normType: normType === "inf" ? Infinity : normType });
    results["output.totalNorm"] = { shape: [], values: Float32Array.of(norm) };
  }
  for (const [name, { grad }] of named) results[`output.${name}`] = grad!;
  return results;
}

/** Through the tape: the gradient of `Σ gradient · parameter`. */
function setGradient(parameter: Tensor, gradient: Float32Array): void {
  scope(() => sum(multiply(parameter, tensor(gradient, parameter.shape))).backward());
}

const copyOf = (from: Tensor): Golden => ({ shape: from.shape, values: Float32Array.from(from.view()) });
