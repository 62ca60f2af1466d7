export { writeFileAtomic } from "./atomicFile.ts";
export {
  loadSafetensors,
  parseSafetensors,
  type SafetensorsEntry,
  type SafetensorsFile,
  saveSafetensors,
} from "./safetensors.ts";
export type { SafetensorsDtype, SafetensorsValues } from "./safetensorsDtype.ts";
export { loadSafetensorsFile, saveSafetensorsFile } from "./safetensorsFile.ts";
export { type Bitmap, type TensorBoardOptions, TensorBoardWriter } from "./tensorboard/index.ts";
