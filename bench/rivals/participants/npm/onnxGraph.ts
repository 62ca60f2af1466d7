import proto from "onnx-proto";

const { AttributeProto, ModelProto, TensorProto } = proto.onnx;
type Attribute = number | readonly number[];

/** A float is written with its point. */
export interface Attributes {
  ints?: Readonly<Record<string, Attribute>>;
  floats?: Readonly<Record<string, number>>;
}

/** One ONNX model in the making. Every value is a float32 tensor known by its name. */
export class OnnxGraph {
  readonly #nodes: proto.onnx.INodeProto[] = [];
  readonly #constants: proto.onnx.ITensorProto[] = [];
  readonly #inputs: proto.onnx.IValueInfoProto[] = [];
  #count = 0;

  input(name: string, shape: readonly number[]): string {
    this.#inputs.push(valueInfo(name, shape));
    return name;
  }

  /** Part of the model: the runtime may rearrange it beforehand. */
  constant(name: string, values: Float32Array, shape: readonly number[]): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#constants.push({ name, dims: [...shape], dataType: TensorProto.DataType.FLOAT, rawData });
    return name;
  }

  /** Gives the name of what it computes; with `outputs` several, in which case that of the first. */
  node(opType: string, input: readonly string[], attributes: Attributes = {}, { domain = "", outputs = 1 } = {}): string[] {
    const output = Array.from({ length: outputs }, () => `value${++this.#count}`);
    this.#nodes.push({ opType, domain, input: [...input], output, attribute: attributesOf(attributes) });
    return output;
  }

  /** The model's bytes; `out` becomes its output of that name. */
  model(out: string, shape: readonly number[]): Uint8Array {
    for (const { output } of this.#nodes)
      output?.splice(0, output.length, ...output.map((name) => (name === out ? "out" : name)));
    return ModelProto.encode({
      irVersion: 10,
      opsetImport: [
        { domain: "", version: 23 },
        { domain: "com.microsoft", version: 1 },
      ],
      graph: {
        ...{ name: "case", node: this.#nodes, initializer: this.#constants },
        ...{ input: this.#inputs, output: [valueInfo("out", shape)] },
      },
    }).finish();
  }
}

function valueInfo(name: string, shape: readonly number[]): proto.onnx.IValueInfoProto {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim } } } };
}

function attributesOf({ ints = {}, floats = {} }: Attributes): proto.onnx.IAttributeProto[] {
  const { INT, INTS, FLOAT } = AttributeProto.AttributeType;
  return [
    ...Object.entries(ints).map(([name, value]) =>
      typeof value === "number" ? { name, type: INT, i: value } : { name, type: INTS, ints: [...value] },
    ),
    ...Object.entries(floats).map(([name, f]) => ({ name, type: FLOAT, f })),
  ];
}
