import { type Module, noGrad, scope } from "fovea";

/** What `look` makes of a model whose dropout rests, without gradients; afterwards the model is in the mode it was in. */
export function atRest<T>(model: Module, look: () => T): T {
  const { training } = model;
  model.eval();
  try {
    return scope(() => noGrad(look));
  } finally {
    model.train(training);
  }
}
