export type { Bitmap } from "./png.ts";
export { type TensorBoardOptions, TensorBoardWriter } from "./tensorBoardWriter.ts";
