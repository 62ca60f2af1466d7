import { LanguageModel } from "../../ts/models/languageModel.ts";
import { MaskedLanguageModel } from "../../ts/models/maskedLanguageModel.ts";
import { Config } from "../../ts/models/pretrained/config.ts";
import { architectureOf, fromPretrained } from "../../ts/models/pretrained/fromPretrained.ts";
import { theirWeights } from "../../ts/models/pretrained/weights.ts";
import { SequenceClassifier } from "../../ts/models/sequenceClassifier.ts";
import { SpeechEncoder } from "../../ts/models/speechEncoder.ts";
import { TextEncoder } from "../../ts/models/textEncoder.ts";
import { TransformerXLLanguageModel } from "../../ts/models/transformerXLLanguageModel.ts";
import { VisionTransformer } from "../../ts/models/visionTransformer.ts";
import { DecodingCache } from "../../ts/nn/decodingCache.ts";
import type { Module } from "../../ts/nn/module.ts";
import { add } from "../../ts/ops/add.ts";
import { crossEntropy } from "../../ts/ops/crossEntropy.ts";
import { argmax } from "../../ts/ops/extremes.ts";
import { mean } from "../../ts/ops/mean.ts";
import { narrow } from "../../ts/ops/narrow.ts";
import { nllLoss } from "../../ts/ops/nllLoss.ts";
import { transpose } from "../../ts/ops/permute.ts";
import { slice } from "../../ts/ops/slice.ts";
import { t5Bucket } from "../../ts/positional/t5Bias.ts";
import { zeros } from "../../ts/tensor/create.ts";
import { keepAlive } from "../../ts/tensor/scope.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import { type Golden, type GoldenCase, type Goldens, testGoldens } from "./goldens.ts";

interface ModelCase extends GoldenCase {
  class: string;
  lengths?: number[];
  labels?: "masked" | "next" | "class";
  greedy?: { count: number };
}

type Results = Record<string, Golden | Tensor>;
type Run = { out: Tensor; name: "logits" | "last_hidden_state"; weights: Tensor[] };

testGoldens<ModelCase>("models", [], (each, goldens) => {
  const config = goldens.json("config.json");
  const model = fromPretrained(config, weightsOf(goldens)).train();
  const results =
    model instanceof TransformerXLLanguageModel ? segmentResults(model, goldens) : modelResults(model, each, goldens);
  const gradients = new Map([...model.stateDict()].flatMap(([key, { grad }]) => (grad ? [[key, grad]] : [])));
  const theirs = theirWeights(gradients, architectureOf(new Config(config)));
  return {
    ...results,
    ...Object.fromEntries([...theirs].map(([key, grad]) => [`grad.param.${key}`, grad])),
    ...(each.greedy && { "output.greedy": greedy(model, goldens.tensor("input.prompt_ids"), each.greedy.count) }),
    ...(goldens.has("output.buckets") && buckets(model, new Config(config), each)),
  };
});

function modelResults(model: Module, each: ModelCase, goldens: Goldens): Results {
  const states = new HiddenStates(model);
  const { out, name, weights } = run(model, each, goldens);
  const loss = lossOf(each, out, goldens);
  if (loss) loss.backward();
  else out.backward(goldens.tensor(`gradOutput.${name}`));
  return {
    [`output.${name}`]: out,
    ...(loss && { "output.loss": loss }),
    ...Object.fromEntries(weights.map((each, i) => [`output.attentions.${i}`, each])),
    ...states.results(),
  };
}

/** Two segments, the second with the memory of the first; before it, zeros are remembered. */
function segmentResults(model: TransformerXLLanguageModel, goldens: Goldens): Results {
  const { layers, memoryLen } = model.transformer;
  const batch = goldens.golden("input.segment1").shape[0]!;
  let memory = layers.map(() => zeros([batch, memoryLen, model.dModel]));
  const results: Results = {};
  const losses = ["segment1", "segment2"].map((segment) => {
    const ids = goldens.tensor(`input.${segment}`);
    const result = model.forward(ids, { memory, needWeights: true });
    memory = result.memory;
    const { known, later } = shifted(result.logProbs, ids);
    const each = nllLoss(known, later, { reduction: "none" });
    const loss = mean(each);
    const own = { last_hidden_state: result.out, log_probs: result.logProbs, losses: byGroup(each, later, model), loss };
    for (const [name, value] of Object.entries<Golden | Tensor>(own)) results[`output.${name}.${segment}`] = value;
    for (const [i, states] of memory.entries()) results[`output.mems.${i}.${segment}`] = transpose(states, 0, 1);
    for (const [i, weights] of result.weights!.entries()) results[`output.attentions.${i}.${segment}`] = weights;
    return loss;
  });
  add(losses[0]!, losses[1]!).backward();
  return results;
}

function weightsOf(goldens: Goldens): Map<string, Tensor> {
  const file = goldens.beside("model.safetensors");
  return new Map(file.names("").map((name) => [name, file.tensor(name)]));
}

function run(model: Module, { lengths }: ModelCase, goldens: Goldens): Run {
  const call = { lengths, needWeights: true } as const;
  if (model instanceof VisionTransformer) {
    const { logits, weights } = model.forward(goldens.tensor("input.pixel_values"), call);
    return { out: logits, name: "logits", weights };
  }
  if (model instanceof SpeechEncoder)
    return { ...model.forward(goldens.tensor("input.input_features"), call), name: "last_hidden_state" };
  const ids = goldens.tensor("input.input_ids");
  if (model instanceof TextEncoder) return { ...model.forward(ids, call), name: "last_hidden_state" };
  if (model instanceof LanguageModel) {
    const { logits, weights } = model.forward(ids, call);
    return { out: logits, name: "logits", weights };
  }
  if (!(model instanceof MaskedLanguageModel || model instanceof SequenceClassifier)) throw new Error(`${model} is no model`);
  const tokenTypes = goldens.has("input.token_type_ids") ? goldens.tensor("input.token_type_ids") : null;
  const { logits, weights } = model.forward(ids, { ...call, tokenTypes });
  return { out: logits, name: "logits", weights };
}

/** Hugging Face gives the losses group of words by group, in its place for them by token. */
function byGroup(losses: Tensor, labels: Tensor, { embedding: { bounds } }: TransformerXLLanguageModel): Golden {
  const groups = Array.from(labels.view() as Int32Array, (label) => bounds.findIndex((bound) => label < bound));
  const order = groups.map((_, at) => at).sort((a, b) => groups[a]! - groups[b]! || a - b);
  return { shape: losses.shape, values: Float32Array.from(order, (at) => losses.view()[at]!) };
}

function lossOf({ labels: kind }: ModelCase, logits: Tensor, goldens: Goldens): Tensor | null {
  if (kind === undefined) return null;
  const labels = goldens.tensor("input.labels");
  if (kind !== "next") return crossEntropy(logits, labels, { ignoreIndex: -100 });
  const { known, later } = shifted(logits, labels);
  return crossEntropy(known, later, { ignoreIndex: -100 });
}

/** What was foretold, and what came: all but the last, and all but the first. */
function shifted(scores: Tensor, ids: Tensor): { known: Tensor; later: Tensor } {
  const length = ids.shape[1]! - 1;
  return { known: narrow(scores, { axis: 1, start: 0, length }), later: slice(ids, [null, { start: 1 }]) };
}

/** What goes into each layer, and what comes out of the last, as Hugging Face has it: before the last norm of a ViT, behind that of others. */
class HiddenStates {
  readonly #states: Tensor[] = [];
  #last: Tensor | null = null;
  #pooled: Tensor | null = null;

  constructor(model: Module) {
    if (!("encoder" in model)) throw new Error("no encoder");
    const { encoder } = model as VisionTransformer;
    for (const layer of new Set(encoder.layers)) {
      layer.registerForwardPreHook((_, [x]) => void this.#states.push(keepAlive((x as Tensor).detach())));
      if (model instanceof VisionTransformer) layer.registerForwardHook((_, _inputs, result) => this.#end(result));
    }
    if (!(model instanceof VisionTransformer)) encoder.registerForwardHook((_, _inputs, result) => this.#end(result));
    if (model instanceof SequenceClassifier)
      model.classifier.registerForwardPreHook((_, [x]) => {
        this.#pooled = keepAlive((x as Tensor).detach());
      });
  }

  #end(result: Tensor | { out: Tensor }): void {
    this.#last = keepAlive(("out" in result ? result.out : result).detach());
  }

  results(): Results {
    const states = [...this.#states, this.#last!];
    return {
      ...Object.fromEntries(states.map((state, i) => [`output.hidden_states.${i}`, state])),
      ...(this.#pooled && { "output.pooler_output": this.#pooled }),
    };
  }
}

function greedy(model: Module, prompt: Tensor, count: number): Golden {
  if (!(model instanceof LanguageModel)) throw new Error("no language model");
  const batch = prompt.shape[0]!;
  using cache = new DecodingCache();
  const rows: number[][] = Array.from({ length: batch }, () => []);
  let ids = prompt;
  for (let i = 0; i < count; i += 1) {
    const logits = model.eval().step(ids, cache);
    const last = narrow(logits, { axis: 1, start: logits.shape[1]! - 1, length: 1 });
    ids = argmax(last, { axis: 2 });
    ids.view().forEach((id: number, b: number) => void rows[b]!.push(id));
  }
  return { shape: [batch, count], values: Int32Array.from(rows.flat()) };
}

function buckets(model: Module, given: Config, each: ModelCase): Results {
  const options = {
    numBuckets: given.number("relative_attention_num_buckets"),
    maxDistance: given.number("relative_attention_max_distance"),
  };
  const seqLen = each.tensors!["output.buckets"]!.shape[0]!;
  const weight = model.stateDict().get("positional.weight")!;
  const heads = weight.shape[1]!;
  const at = Int32Array.from({ length: seqLen ** 2 }, (_, i) => t5Bucket((i % seqLen) - Math.floor(i / seqLen), options));
  const biases = Array.from({ length: heads }, (_, head) => Array.from(at, (bucket) => weight.view()[bucket * heads + head]!));
  return {
    "output.buckets": { shape: [seqLen, seqLen], values: at },
    "output.position_bias": { shape: [1, heads, seqLen, seqLen], values: Float32Array.from(biases.flat()) },
  };
}
