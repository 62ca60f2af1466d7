// Memory of a tensor that is dropped without dispose() stays in use: the garbage collector does not know it, and freeing is never left
// to it. With NODE_ENV=development the first such tensor is reported.

const registry =
  typeof process !== "undefined" && process.env?.NODE_ENV === "development" ? new FinalizationRegistry(report) : null;
let reported = false;

/** From here on it is reported if `tensor` is collected before `settle` is called. */
export function watch<T extends object>(tensor: T, describe: (tensor: T) => string): void {
  registry?.register(tensor, describe(tensor), tensor);
}

/** It has been freed, or belongs to something that will. */
export function settle(tensor: object): void {
  registry?.unregister(tensor);
}

function report(description: string): void {
  if (reported) return;
  reported = true;
  console.warn(
    `fovea: a tensor ${description} was dropped without dispose(), so its memory stays in use; make such tensors inside scope()`,
  );
}
