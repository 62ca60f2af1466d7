import { blockUntilReady, defaultDevice, init, type Array as JaxArray, jit, nn, numpy as np, vjp } from "@jax-js/jax";
import type { RivalCase } from "../../case.ts";
import { type Inputs, inputsOf } from "../../inputs.ts";
import type { Load, Results, Running } from "../../participant.ts";
import { afterHeads, heads, layerNorm, linear, type Parameters } from "./jaxLayers.ts";
import { jaxTraining } from "./jaxTraining.ts";

/** As published: in Node it finds no `Worker` and has one thread; in a page it starts a worker for every core it sees. */
export const load: Load = async ({ threads, read }) => {
  const { version } = JSON.parse(new TextDecoder().decode(await read("node_modules/@jax-js/jax/package.json"))) as {
    version: string;
  };
  if (!("Iterator" in globalThis)) throw new Error("needs iterator helpers, which this engine has not");
  if (!(await init("wasm")).includes("wasm")) throw new Error("its wasm backend did not start");
  defaultDevice("wasm");
  const parallel = typeof Worker !== "undefined" && typeof SharedArrayBuffer !== "undefined";
  const about = { version, variant: "wasm, generated", threads: parallel ? threads : 1 };
  return { about, refusal: () => null, start };
};

async function start(each: RivalCase, inputs: Inputs): Promise<Running> {
  const arrays = Object.fromEntries(
    inputsOf(each).map(({ name, shape }) => [name, np.array(inputs[name] as Float32Array<ArrayBuffer>, { shape: [...shape] })]),
  );
  await blockUntilReady(arrays);
  if (each.op === "trainingStep") return jaxTraining(each, arrays);
  const stages = stagesOf(each).map((stage) => jit(stage));
  const call = () => stages.reduce((given: Parameters, stage) => stage(given), owned(arrays));
  return {
    async run() {
      disposeAll(await blockUntilReady(call()));
    },
    result: () => copied(call()),
    end() {
      for (const stage of stages) stage.dispose();
      disposeAll(arrays);
    },
  };
}

type Stage = (given: Parameters) => Parameters;

/**
 * Compiled one by one. Attention and the projection after it as one function would be ten times as slow: the product then reads the heads
 * where they lie.
 */
function stagesOf(each: RivalCase): readonly Stage[] {
  switch (each.op) {
    case "matmul":
      return [
        ({ a, b }) => ({
          out: np.matmul(each.transposeA ? np.transpose(a!) : a!, each.transposeB ? np.transpose(b!) : b!),
        }),
      ];
    case "softmax":
      return [({ x }) => ({ out: nn.softmax(x!, -1) })];
    case "layerNorm":
      return [({ x, ...parameters }) => ({ out: layerNorm(x!, parameters, "") })];
    case "attention":
      if (each.backward) return [attentionBoth(each.causal)];
      return [({ query, key, value }) => ({ out: nn.dotProductAttention(query!, key!, value!, { isCausal: each.causal }) })];
    case "multiheadAttention":
      return [
        ({ x, ...rest }) => ({ attended: heads(x!, rest, "", each.numHeads), ...rest }),
        ({ attended, ...rest }) => ({ out: linear(attended!, rest, "out_proj.") }),
      ];
    case "encoderLayer":
      return [
        ({ x, ...rest }) => ({ x: x!.ref, attended: heads(x!, rest, "self_attn.", each.numHeads), ...rest }),
        ({ x, attended, ...rest }) => ({ out: afterHeads(x!, attended!, rest, "") }),
      ];
    case "trainingStep":
      throw new Error("a training step has no output");
  }
}

function attentionBoth(isCausal: boolean): Stage {
  const attend = (query: JaxArray, key: JaxArray, value: JaxArray) => nn.dotProductAttention(query, key, value, { isCausal });
  return ({ query, key, value, dOut }) => {
    const [out, backward] = vjp(attend, [query!, key!, value!]);
    const [dQuery, dKey, dValue] = backward(dOut!) as [JaxArray, JaxArray, JaxArray];
    return { out, dQuery, dKey, dValue };
  };
}

/** A call consumes what it is given. */
const owned = (arrays: Parameters): Parameters =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));

async function copied(arrays: Parameters): Promise<Results> {
  const results: Results = {};
  for (const [name, array] of Object.entries(arrays)) results[name] = Float32Array.from((await array.data()) as Float32Array);
  return results;
}

function disposeAll(arrays: Parameters): void {
  for (const array of Object.values(arrays)) array.dispose();
}
