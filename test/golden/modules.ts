import { expect } from "vitest";
import { parseSafetensors, saveSafetensors } from "../../ts/io/safetensors.ts";
import type { Module } from "../../ts/nn/module.ts";
import type { Tensor } from "../../ts/tensor/tensor.ts";
import type { Goldens } from "./goldens.ts";

/** PyTorch's option names in our spelling: `norm_first` is `normFirst`. */
export const camelCase = (options: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );

/**
 * Loads `param.*` under PyTorch's own keys; a key that is missing or left over fails, and so does a key, shape or bit that would be
 * another in a checkpoint of ours.
 */
export function loadParameters(module: Module, goldens: Goldens): void {
  const names = goldens.names("param.");
  module.loadStateDict(new Map(names.map((name) => [name, goldens.tensor(`param.${name}`)])));
  const saved = parseSafetensors(saveSafetensors(module.stateDict())).tensors;
  const ours = [...saved].map(([name, { shape, values }]) => [name, { shape, values: values() }]);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(names.map((name) => [name, goldens.golden(`param.${name}`)])));
}

/** `grad.param.*` of a module after backward. */
export function parameterGradients(module: Module): Record<string, Tensor> {
  return Object.fromEntries([...module.stateDict()].map(([name, parameter]) => [`grad.param.${name}`, parameter.grad!]));
}

/** `grad.input.*` of the tensors given. */
export function inputGradients(inputs: Record<string, Tensor | null>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, input]) => (input?.grad ? [[`grad.input.${name}`, input.grad]] : [])),
  );
}
