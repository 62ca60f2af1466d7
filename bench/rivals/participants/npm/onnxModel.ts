import { EPS, type RivalCase } from "../../case.ts";
import type { Inputs } from "../../inputs.ts";
import { headsFirst, transposed } from "../../layouts.ts";
import { OnnxGraph } from "./onnxGraph.ts";

/** A case as ONNX has it. */
export interface OnnxModel {
  bytes: Uint8Array;
  /** What each run is given; all else is part of the model. */
  feeds: Readonly<Record<string, { values: Float32Array; shape: readonly number[] }>>;
}

const MICROSOFT = { domain: "com.microsoft" };

export function onnxModel(each: Exclude<RivalCase, { op: "trainingStep" }>, inputs: Inputs): OnnxModel {
  switch (each.op) {
    case "matmul":
      return productModel(each, inputs);
    case "softmax":
    case "layerNorm":
      return rowModel(each, inputs);
    case "attention":
      return attentionModel(each, inputs);
    case "multiheadAttention":
    case "encoderLayer":
      return layerModel(each, inputs);
  }
}

/** Both operands are given anew: neither is a weight that could be packed beforehand. */
function productModel({ m, n, k, transposeA, transposeB }: RivalCase & { op: "matmul" }, { a, b }: Inputs): OnnxModel {
  const graph = new OnnxGraph();
  const [aShape, bShape] = [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]];
  const operands = [graph.input("a", aShape), graph.input("b", bShape)];
  const transposes = { ints: { transA: Number(transposeA), transB: Number(transposeB) } };
  const [out] = transposeA || transposeB ? graph.node("Gemm", operands, transposes) : graph.node("MatMul", operands);
  return { bytes: graph.model(out!, [m, n]), feeds: { a: feed(a!, aShape), b: feed(b!, bShape) } };
}

function rowModel({ op, rows, cols }: RivalCase & { op: "softmax" | "layerNorm" }, inputs: Inputs): OnnxModel {
  const graph = new OnnxGraph();
  const shape = [rows, cols];
  const x = graph.input("x", shape);
  const [out] = op === "softmax" ? graph.node("Softmax", [x], { ints: { axis: -1 } }) : normNode(graph, x, "", inputs);
  return { bytes: graph.model(out!, shape), feeds: { x: feed(inputs.x!, shape) } };
}

function attentionModel(each: RivalCase & { op: "attention" }, inputs: Inputs): OnnxModel {
  const graph = new OnnxGraph();
  const shape = [each.batch, each.numHeads, each.seqLen, each.headDim];
  const names = ["query", "key", "value"];
  for (const name of names) graph.input(name, shape);
  const [out] = graph.node("Attention", names, { ints: { is_causal: Number(each.causal) } });
  const feeds = Object.fromEntries(names.map((name) => [name, feed(headsFirst(inputs[name]!, each), shape)]));
  return { bytes: graph.model(out!, shape), feeds };
}

function layerModel(each: RivalCase & { op: "multiheadAttention" | "encoderLayer" }, inputs: Inputs): OnnxModel {
  const graph = new OnnxGraph();
  const { batch, seqLen, embedDim, numHeads } = each;
  const shape = [batch, seqLen, embedDim];
  const x = graph.input("x", shape);
  const feeds = { x: feed(inputs.x!, shape) };
  if (each.op === "multiheadAttention")
    return { bytes: graph.model(selfAttention(graph, x, "", numHeads, inputs), shape), feeds };
  const sum = (a: string, b: string, prefix: string) => normNode(graph, graph.node("Add", [a, b])[0]!, prefix, inputs)[0]!;
  const attended = sum(x, selfAttention(graph, x, "self_attn.", numHeads, inputs), "norm1.");
  const [hidden] = graph.node("Relu", [linear(graph, attended, "linear1.", inputs)]);
  const out = sum(attended, linear(graph, hidden!, "linear2.", inputs), "norm2.");
  return { bytes: graph.model(out, shape), feeds };
}

/** One product for query, key and value; their bias is an input of the attention itself. */
function selfAttention(graph: OnnxGraph, x: string, prefix: string, numHeads: number, inputs: Inputs): string {
  const bias = inputs[`${prefix}in_proj_bias`]!;
  const embedDim = bias.length / 3;
  const weight = transposed(inputs[`${prefix}in_proj_weight`]!, 3 * embedDim, embedDim);
  const [packed] = graph.node("MatMul", [x, graph.constant(`${prefix}in_proj_weight`, weight, [embedDim, 3 * embedDim])]);
  const parts = graph.node("Split", [packed!], { ints: { axis: -1, num_outputs: 3 } }, { outputs: 3 });
  const biasName = graph.constant(`${prefix}in_proj_bias`, bias as Float32Array, [3 * embedDim]);
  const [out] = graph.node("MultiHeadAttention", [...parts, biasName], { ints: { num_heads: numHeads } }, MICROSOFT);
  return linear(graph, out!, `${prefix}out_proj.`, inputs);
}

function linear(graph: OnnxGraph, x: string, prefix: string, inputs: Inputs): string {
  const [weight, bias] = [inputs[`${prefix}weight`]!, inputs[`${prefix}bias`]!];
  const to = bias.length;
  const from = weight.length / to;
  const [product] = graph.node("MatMul", [x, graph.constant(`${prefix}weight`, transposed(weight, to, from), [from, to])]);
  return graph.node("Add", [product!, graph.constant(`${prefix}bias`, bias as Float32Array, [to])])[0]!;
}

function normNode(graph: OnnxGraph, x: string, prefix: string, inputs: Inputs): string[] {
  const parameters = ["weight", "bias"].map((name) => {
    const values = inputs[prefix + name] as Float32Array;
    return graph.constant(prefix + name, values, [values.length]);
  });
  return graph.node("LayerNormalization", [x, ...parameters], { ints: { axis: -1 }, floats: { epsilon: EPS } });
}

const feed = (values: Inputs[string], shape: readonly number[]) => ({ values: values as Float32Array, shape });
