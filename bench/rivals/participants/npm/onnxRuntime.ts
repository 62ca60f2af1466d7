import type { InferenceSession, TensorConstructor } from "onnxruntime-common";
import type { RivalCase } from "../../case.ts";
import type { Inputs } from "../../inputs.ts";
import { headsSecond } from "../../layouts.ts";
import type { About, Participant, Running } from "../../participant.ts";
import { onnxModel } from "./onnxModel.ts";

export interface Runtime {
  Tensor: TensorConstructor;
  create(model: Uint8Array): Promise<InferenceSession>;
}

/** ONNX Runtime in either of its forms. It has no training. */
export function onnxParticipant(about: About, runtime: Runtime): Participant {
  return {
    about,
    refusal: (each) => (each.op === "trainingStep" || (each.op === "attention" && each.backward) ? "has no backward" : null),
    start: (each, inputs) => start(each, inputs, runtime),
  };
}

async function start(each: RivalCase, inputs: Inputs, { Tensor, create }: Runtime): Promise<Running> {
  if (each.op === "trainingStep") throw new Error("has no backward");
  const { bytes, feeds } = onnxModel(each, inputs);
  const session = await create(bytes);
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { values, shape }]) => [name, new Tensor("float32", values, shape)]),
  );
  return {
    async run() {
      const { out } = await session.run(given);
      out!.dispose();
    },
    async result() {
      const { out } = await session.run(given);
      const values = Float32Array.from((await out!.getData()) as Float32Array);
      out!.dispose();
      return { out: each.op === "attention" ? headsSecond(values, each) : values };
    },
    end: () => session.release(),
  };
}
