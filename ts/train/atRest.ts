import { noGrad } from "../autograd/index.ts";
import type { Module } from "../nn/module.ts";
import { scope } from "../tensor/scope.ts";

/** What `look` makes of a model whose dropout rests, without gradients; tensors made on the way are freed, and the model is in its mode again. */
export function atRest<T>(model: Module, look: () => T): T {
  const { training } = model;
  model.eval();
  try {
    return scope(() => noGrad(look));
  } finally {
    model.train(training);
  }
}
