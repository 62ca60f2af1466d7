import {
  AdamW,
  causal,
  crossEntropy,
  init,
  keepAlive,
  layerNorm,
  type Module,
  MultiheadAttention,
  matmul,
  noGrad,
  runtime,
  SequenceClassifier,
  scaledDotProductAttention,
  scope,
  softmax,
  type Tensor,
  TransformerEncoderLayer,
  tensor,
} from "../../../ts/index.ts";
import { measureCeilings } from "../../ceiling.ts";
import { ADAMW, EPS, type RivalCase } from "../case.ts";
import { type Inputs, inputsOf } from "../inputs.ts";
import type { Load, LoadOptions, Participant, Results, Running } from "../participant.ts";

export const load: Load = (options) => start(options, false);

/** Ours as users call it: tensors, ops and modules, not kernels. */
export async function start({ threads, read }: LoadOptions, deterministic: boolean): Promise<Participant> {
  await init({ threads, deterministic });
  const { version } = JSON.parse(new TextDecoder().decode(await read("../../package.json"))) as { version: string };
  return {
    about: { version, variant: runtime.variant.name, threads: runtime.threads.count },
    refusal: () => null,
    start: begin,
    ceilings: measureCeilings,
  };
}

function begin(each: RivalCase, inputs: Inputs): Running {
  if (each.op === "trainingStep") return training(each, tensorsOf(each, inputs));
  const tensors = tensorsOf(each, inputs);
  const module = moduleOf(each, tensors);
  const results = each.op === "attention" && each.backward ? attentionBoth(each.causal, tensors) : forward(each, tensors, module);
  return {
    run: () => scope(() => void results()),
    result: () => scope(() => copied(results())),
    end: () => {
      module?.dispose();
      disposeAll(Object.values(tensors));
    },
  };
}

type Tensors = Readonly<Record<string, Tensor>>;

function tensorsOf(each: RivalCase, inputs: Inputs): Tensors {
  const requiresGrad = each.op === "attention" && each.backward;
  const made = inputsOf(each).map(({ name, shape }) => {
    const options = { requiresGrad: requiresGrad && name !== "dOut" };
    return [name, keepAlive(tensor(inputs[name]!, shape, options))] as const;
  });
  return Object.fromEntries(made);
}

function moduleOf(each: RivalCase, tensors: Tensors): MultiheadAttention | TransformerEncoderLayer | null {
  if (each.op === "multiheadAttention") return loaded(new MultiheadAttention(each.embedDim, each.numHeads), tensors, ["x"]);
  if (each.op !== "encoderLayer") return null;
  const { embedDim, numHeads, dimFeedforward } = each;
  return loaded(new TransformerEncoderLayer(embedDim, numHeads, { dimFeedforward, dropout: 0 }), tensors, ["x"]);
}

function forward(each: RivalCase, tensors: Tensors, module: ReturnType<typeof moduleOf>): () => Tensors {
  const { a, b, x, weight, bias, query, key, value } = tensors as Record<string, Tensor>;
  const out = (): Tensor => {
    if (module instanceof MultiheadAttention) return module.forward(x!, x!, x!).out;
    if (module) return module.forward(x!);
    if (each.op === "matmul") return matmul(a!, b!, each);
    if (each.op === "softmax") return softmax(x!);
    if (each.op === "layerNorm") return layerNorm(x!, weight!, bias!, { eps: EPS });
    return scaledDotProductAttention(query!, key!, value!, { mask: each.op === "attention" && each.causal ? causal() : null })
      .out;
  };
  return () => noGrad(() => ({ out: out() }));
}

/** `module` with the values of `tensors`, but those that are its inputs. */
function loaded<M extends Module>(module: M, tensors: Tensors, inputs: readonly string[]): M {
  module.loadStateDict(Object.fromEntries(Object.entries(tensors).filter(([name]) => !inputs.includes(name))));
  return module;
}

function attentionBoth(isCausal: boolean, { query, key, value, dOut }: Tensors): () => Tensors {
  const inputs = [query!, key!, value!];
  return () => {
    for (const input of inputs) input.zeroGrad();
    const { out } = scaledDotProductAttention(query!, key!, value!, { mask: isCausal ? causal() : null });
    out.backward(dOut!);
    return { out, dQuery: query!.grad!, dKey: key!.grad!, dValue: value!.grad! };
  };
}

function training(each: RivalCase & { op: "trainingStep" }, tensors: Tensors): Running {
  const { vocabSize, numClasses, embedDim: dModel, numHeads, numLayers, dimFeedforward, dropout } = each;
  const sizes = { vocabSize, numClasses, dModel, numHeads, numLayers, dimFeedforward };
  const { ids, labels } = tensors as { ids: Tensor; labels: Tensor };
  const model = loaded(new SequenceClassifier({ ...sizes, dropout }), tensors, ["ids", "labels"]);
  const optimizer = new AdamW(model.parameters(), ADAMW);
  const step = () =>
    scope(() => {
      const loss = crossEntropy(model.forward(ids), labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  return {
    run: () => void step(),
    result: () => ({ losses: Float32Array.from({ length: 3 }, step) }),
    end: () => {
      optimizer.dispose();
      model.dispose();
      disposeAll(Object.values(tensors));
    },
  };
}

const copied = (tensors: Tensors): Results =>
  Object.fromEntries(Object.entries(tensors).map(([name, each]) => [name, Float32Array.from(each.toArray())]));

function disposeAll(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}
