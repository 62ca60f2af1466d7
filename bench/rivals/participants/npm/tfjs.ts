import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import type { RivalCase } from "../../case.ts";
import { type Inputs, inputsOf } from "../../inputs.ts";
import { headsSecond } from "../../layouts.ts";
import type { Load, Results, Running } from "../../participant.ts";
import { attend, encoderLayer, layerNorm, selfAttention, type Tensors } from "./tfjsLayers.ts";
import { tfjsTraining } from "./tfjsTraining.ts";

/** With its wasm backend, which has one thread in Node. */
export const load: Load = async ({ threads, folder }) => {
  if (folder.startsWith("http")) setWasmPaths(`${folder}node_modules/@tensorflow/tfjs-backend-wasm/dist/`);
  setThreadsCount(threads);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend did not start");
  await tf.ready();
  const threaded = await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT");
  const about = { version: version_wasm, variant: "wasm simd", threads: 1 };
  if (threaded && threads > 1) Object.assign(about, { variant: "wasm simd threads", threads });
  return { about, refusal, start };
};

/** Its products of many small matrices, and all with a transposed operand, take two GFLOP/s. */
function refusal(each: RivalCase): string | null {
  const long =
    (each.op === "attention" && each.backward && each.seqLen > 1000) || (each.op === "trainingStep" && each.embedDim > 128);
  return long ? "takes half a minute for a run" : null;
}

function start(each: RivalCase, inputs: Inputs): Running {
  const tensors = Object.fromEntries(
    inputsOf(each).map(({ name, shape, kind }) => {
      const tensor = tf.tensor(inputs[name]!, [...shape], kind === "below" ? "int32" : "float32");
      return [name, isMatrix(name, shape) ? tf.tidy(() => tensor.transpose()) : tensor];
    }),
  );
  if (each.op === "trainingStep") return tfjsTraining(each, tensors);
  const compute = each.op === "attention" ? attention(each, tensors) : forward(each, tensors);
  return {
    // Its wasm kernels have run when an op returns: the results are in its memory.
    run: () => tf.tidy(() => tf.dispose(compute())),
    result: () => tf.tidy(() => copied(each, compute())),
    end: () => tf.dispose(tensors),
  };
}

/** A linear layer's weight, which its products want as `[from, to]`. */
const isMatrix = (name: string, shape: readonly number[]): boolean =>
  name.endsWith("weight") && shape.length === 2 && name !== "embedding.weight";

function forward(each: RivalCase, tensors: Tensors): () => Tensors {
  const { a, b, x, ...parameters } = tensors;
  switch (each.op) {
    case "matmul": {
      // Told to transpose, its product is ten times as slow as after a transpose.
      const { transposeA, transposeB } = each;
      return () => ({ out: tf.matMul(transposeA ? a!.transpose() : a!, transposeB ? b!.transpose() : b!) });
    }
    case "softmax":
      return () => ({ out: tf.softmax(x!) });
    case "layerNorm":
      return () => ({ out: layerNorm(x!, parameters, "") });
    case "multiheadAttention":
      return () => ({ out: selfAttention(x!, parameters, "", each.numHeads) });
    case "encoderLayer":
      return () => ({ out: encoderLayer(x!, parameters, "", each.numHeads) });
    case "attention":
    case "trainingStep":
      throw new Error(`${each.op} is not of these`);
  }
}

/** From heads first, as its products want them. */
function attention({ causal, backward, seqLen }: RivalCase & { op: "attention" }, tensors: Tensors): () => Tensors {
  for (const [name, tensor] of Object.entries(tensors)) {
    tensors[name] = tf.transpose(tensor, [0, 2, 1, 3]);
    tensor.dispose();
  }
  const { query, key, value, dOut } = tensors;
  if (causal) {
    const ones = tf.ones([seqLen, seqLen]) as tf.Tensor2D;
    tensors.mask = tf.tidy(() => tf.linalg.bandPart(ones, -1, 0).sub(1).mul(1e9)); // 0 where a query may attend, else −1e9
    ones.dispose();
  }
  const { mask } = tensors;
  if (!backward) return () => ({ out: attend(query!, key!, value!, mask) });
  return () => {
    let out: tf.Tensor | undefined;
    const gradients = tf.grads((query, key, value) => {
      out = tf.keep(attend(query!, key!, value!, mask)); // else it goes with the tape
      return out;
    });
    const [dQuery, dKey, dValue] = gradients([query!, key!, value!], dOut) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { out: out!, dQuery, dKey, dValue };
  };
}

function copied(each: RivalCase, tensors: Tensors): Results {
  const values = (tensor: tf.Tensor) => Float32Array.from(tensor.dataSync());
  const whole = (tensor: tf.Tensor) => (each.op === "attention" ? headsSecond(values(tensor), each) : values(tensor));
  const results = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, whole(tensor)]));
  tf.dispose(tensors);
  return results;
}
