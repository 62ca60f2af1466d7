import ort from "onnxruntime-node";
import type { Load } from "../../participant.ts";
import { onnxParticipant } from "./onnxRuntime.ts";

/** Native code: the yardstick for ONNX Runtime. */
export const load: Load = async ({ threads }) => {
  const options = {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  } as const;
  const create = (model: Uint8Array) => ort.InferenceSession.create(model, options);
  return onnxParticipant({ version: ort.env.versions.node!, variant: "native", threads }, { Tensor: ort.Tensor, create });
};
