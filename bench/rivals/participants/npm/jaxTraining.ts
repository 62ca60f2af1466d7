import { blockUntilReady, type Array as JaxArray, jit, nn, numpy as np, random, valueAndGrad } from "@jax-js/jax";
import { sinusoidalTable } from "../../../../ts/positional/sinusoidal.ts";
import { ADAMW, type RivalCase } from "../../case.ts";
import type { Running } from "../../participant.ts";
import { afterHeads, type Drop, heads, keepAll, linear, type Parameters } from "./jaxLayers.ts";

type Training = RivalCase & { op: "trainingStep" };

/** Parameters and AdamW's two moments of each. */
type State = Record<"values" | "first" | "second", Parameters>;

/** The whole step is one compiled function. */
export function jaxTraining(each: Training, { ids, labels, ...values }: Parameters): Running {
  const zeros = () => Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, np.zeros(shape)]));
  let state: State = { values, first: zeros(), second: zeros() };
  let count = 0;
  const table = np.array(sinusoidalTable(each.seqLen, each.embedDim), { shape: [each.seqLen, each.embedDim] });
  const step = jit((state: State, ids: JaxArray, labels: JaxArray, table: JaxArray, key: JaxArray, corrections: JaxArray) => {
    const lossOf = (values: Parameters) => loss(each, values, ids, labels, table, dropper(each.dropout, key));
    const [value, gradients] = valueAndGrad(lossOf)(refs(state.values));
    return { loss: value as JaxArray, state: adamw(state, gradients as Parameters, corrections) };
  });
  const run = async (): Promise<number> => {
    count += 1;
    const corrections = np.array(Float32Array.from(ADAMW.betas, (beta) => 1 / (1 - beta ** count)));
    const done = step(state, ids!.ref, labels!.ref, table.ref, random.key(count), corrections);
    state = done.state;
    await blockUntilReady(state);
    const [loss] = await done.loss.data();
    return loss!;
  };
  return {
    run: async () => void (await run()),
    result: async () => ({ losses: Float32Array.from([await run(), await run(), await run()]) }),
    end() {
      step.dispose();
      for (const arrays of [...Object.values(state), { ids, labels, table }])
        for (const array of Object.values(arrays as Parameters)) array.dispose();
    },
  };
}

function loss(each: Training, values: Parameters, ids: JaxArray, labels: JaxArray, table: JaxArray, drop: Drop): JaxArray {
  let x = drop(np.take(values["embedding.weight"]!, ids.ref, 0).add(table.ref));
  for (let i = 0; i < each.numLayers; i++) {
    const attended = heads(x.ref, values, `encoder.layers.${i}.self_attn.`, each.numHeads, drop);
    x = afterHeads(x, attended, values, `encoder.layers.${i}.`, drop);
  }
  const logits = linear(np.mean(x, 1), values, "classifier.");
  const picked = nn.logSoftmax(logits, -1).mul(nn.oneHot(labels.ref, each.numClasses));
  return np.sum(picked).mul(-1 / each.batch);
}

/** Every call with a key of its own. */
function dropper(p: number, key: JaxArray): Drop {
  if (p === 0) return keepAll;
  let rest = key;
  return (x) => {
    const [next, own] = np.unstack(random.split(rest, 2), 0) as [JaxArray, JaxArray];
    rest = next;
    const kept = random.bernoulli(own, 1 - p, x.shape);
    return np.where(kept, x.mul(1 / (1 - p)), 0);
  };
}

function adamw({ values, first, second }: State, gradients: Parameters, corrections: JaxArray): State {
  const { lr, eps, weightDecay } = ADAMW;
  const [beta1, beta2] = ADAMW.betas;
  const [correction1, correction2] = np.unstack(corrections, 0) as [JaxArray, JaxArray];
  const updated: State = { values: {}, first: {}, second: {} };
  for (const name of Object.keys(values)) {
    const gradient = gradients[name]!;
    const m = first[name]!.mul(beta1).add(gradient.ref.mul(1 - beta1));
    const v = second[name]!.mul(beta2).add(np.square(gradient).mul(1 - beta2));
    const direction = m.ref.mul(correction1.ref).div(np.sqrt(v.ref.mul(correction2.ref)).add(eps));
    updated.values[name] = values[name]!.mul(1 - lr * weightDecay).sub(direction.mul(lr));
    updated.first[name] = m;
    updated.second[name] = v;
  }
  return updated;
}

const refs = (arrays: Parameters): Parameters =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));
