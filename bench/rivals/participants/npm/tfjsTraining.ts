import * as tf from "@tensorflow/tfjs";
import { sinusoidalTable } from "../../../../ts/positional/sinusoidal.ts";
import { ADAMW, type RivalCase } from "../../case.ts";
import type { Running } from "../../participant.ts";
import { type Drop, encoderLayer, linear, type Tensors } from "./tfjsLayers.ts";

type Training = RivalCase & { op: "trainingStep" };

/** With its own Adam, and the weights' decay before it: that is AdamW. */
export function tfjsTraining(each: Training, { ids, labels, ...values }: Tensors): Running {
  const variables: Record<string, tf.Variable> = {};
  for (const [name, value] of Object.entries(values)) variables[name] = tf.variable(value, true, name);
  const constants = {
    ...{ ids: ids!, labels: tf.oneHot(labels!, each.numClasses) },
    table: tf.tensor(sinusoidalTable(each.seqLen, each.embedDim), [each.seqLen, each.embedDim]),
  };
  const optimizer = tf.train.adam(ADAMW.lr, ...ADAMW.betas, ADAMW.eps);
  const step = (): number => {
    const { value, grads } = tf.variableGrads(() => loss(each, variables, constants), Object.values(variables));
    tf.tidy(() => {
      for (const variable of Object.values(variables)) variable.assign(variable.mul(1 - ADAMW.lr * ADAMW.weightDecay));
    });
    optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
    const [loss0] = value.dataSync();
    tf.dispose([value, grads]);
    return loss0!;
  };
  return {
    run: () => void step(),
    result: () => ({ losses: Float32Array.from({ length: 3 }, step) }),
    end() {
      optimizer.dispose();
      tf.dispose([variables, constants, values, labels!]);
    },
  };
}

function loss(
  each: Training,
  variables: Tensors,
  { ids, labels, table }: { ids: tf.Tensor; labels: tf.Tensor; table: tf.Tensor },
): tf.Scalar {
  const drop: Drop = each.dropout === 0 ? (x) => x : (x) => tf.dropout(x, each.dropout);
  let x = drop(embedding(variables["embedding.weight"]!, ids).add(table));
  for (let i = 0; i < each.numLayers; i++) x = encoderLayer(x, variables, `encoder.layers.${i}.`, each.numHeads, drop);
  const logits = linear(x.mean(1), variables, "classifier.");
  return tf.losses.softmaxCrossEntropy(labels, logits);
}

/** Its own gradient of `gather` needs a kernel that the wasm backend has not. */
function embedding(weight: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  const [vocabSize, embedDim] = weight.shape as [number, number];
  const lookUp = tf.customGrad((table) => ({
    value: tf.gather(table as tf.Tensor, ids as tf.Tensor2D),
    gradFunc: (dOut: tf.Tensor) => tf.scatterND(ids.reshape([-1, 1]), dOut.reshape([-1, embedDim]), [vocabSize, embedDim]),
  }));
  return lookUp(weight);
}
