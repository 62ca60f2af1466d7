import { type AdamW, loadSafetensors, type Module, parseSafetensors, saveSafetensors, scope, type Tensor } from "fovea";

/** The whole state of a training between two epochs, apart from what its configuration says. */
export interface Checkpoint {
  readonly epochsDone: number;
  /** A safetensors file. */
  readonly bytes: Uint8Array;
}

/** Copies parameters and moments. */
export function takeCheckpoint(model: Module, optimizer: AdamW, epochsDone: number): Checkpoint {
  return scope(() => {
    const { step, tensors: moments } = optimizer.stateDict();
    const tensors = new Map<string, Tensor>();
    for (const [name, tensor] of model.stateDict()) tensors.set(`model.${name}`, tensor);
    for (const [name, tensor] of moments) tensors.set(`optimizer.${name}`, tensor);
    const metadata = { step: String(step), epochsDone: String(epochsDone) };
    return { epochsDone, bytes: saveSafetensors(tensors, { metadata }) };
  });
}

/** Puts a training back where a checkpoint was taken. Throws `FoveaError` for bytes that are damaged or do not fit. */
export function restoreCheckpoint(model: Module, optimizer: AdamW, bytes: Uint8Array): Checkpoint {
  return scope(() => {
    const { metadata } = parseSafetensors(bytes);
    const tensors = loadSafetensors(bytes);
    const part = (prefix: string): Map<string, Tensor> =>
      new Map(
        [...tensors].filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]),
      );
    model.loadStateDict(part("model."));
    const { groups } = optimizer.stateDict();
    optimizer.loadStateDict({ step: Number(metadata.get("step")), groups, tensors: part("optimizer.") });
    return { epochsDone: Number(metadata.get("epochsDone")), bytes };
  });
}
