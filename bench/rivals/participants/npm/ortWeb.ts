// Its build for Node. A page gets its smaller one without WebGPU in this one's place (pageBundle.ts), which in Node cannot start threads.
import * as ort from "onnxruntime-web";
import type { Load } from "../../participant.ts";
import { onnxParticipant } from "./onnxRuntime.ts";

export const load: Load = async ({ threads, folder }) => {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = `${folder}node_modules/onnxruntime-web/dist/`;
  // Nothing is known of the threads before there has been a session.
  const about = { version: ort.env.versions.web!, variant: threads > 1 ? "wasm simd threads" : "wasm simd", threads };
  const create = (model: Uint8Array) =>
    ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  return onnxParticipant(about, { Tensor: ort.Tensor, create });
};
