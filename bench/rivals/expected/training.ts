import { reference } from "../../../ts/reference/index.ts";
import { ADAMW, type RivalCase } from "../case.ts";
import { CHECKED_ITEMS, type Inputs } from "../inputs.ts";
import { Classifier } from "./classifier.ts";
import { asFloat64 } from "./module.ts";

/** Losses of so many steps, each before its update: the last is of values that two updates have moved. */
const STEPS = 3;

/** Of the few items that the batch repeats: their mean loss is the batch's, and so are its gradients. */
export function expectedLosses(each: RivalCase & { op: "trainingStep" }, { ids, labels, ...parameters }: Inputs): Float64Array {
  const model = new Classifier(each, asFloat64(parameters));
  const someIds = (ids as Int32Array).subarray(0, CHECKED_ITEMS * each.seqLen);
  const someLabels = (labels as Int32Array).subarray(0, CHECKED_ITEMS);
  const update = adamw(model.parameters);
  const losses: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const { loss, backward } = model.forward(someIds, someLabels);
    losses.push(loss);
    if (step < STEPS) update(step, backward());
  }
  return Float64Array.from(losses);
}

type Values = Readonly<Record<string, Float64Array>>;

function adamw(parameters: Values): (step: number, gradients: Values) => void {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, { length }]) => [name, new Float64Array(length)]));
  const [first, second] = [zeros(), zeros()];
  const { lr, eps, weightDecay } = ADAMW;
  const [beta1, beta2] = ADAMW.betas;
  const means = { fromM: beta1, keepM: beta1, fromGrad: 1 - beta1, gainM: 1 - beta1, keepV: beta2, gainV: 1 - beta2 };
  const rest = { sign: 1, l2: 0, center: 0, eps, decay: lr * weightDecay, signed: false };
  return (step, gradients) => {
    const corrected = { rate: lr / (1 - beta1 ** step), scaleV: 1 / (1 - beta2 ** step) };
    for (const [name, param] of Object.entries(parameters)) {
      const state = { param, grad: gradients[name]!, m: first[name]!, v: second[name]! };
      reference.descend({ ...state, ...means, ...rest, ...corrected, n: param.length });
    }
  };
}
