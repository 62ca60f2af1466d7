// An instance of the module over a memory of ours. wasm-bindgen's own glue would keep the first instance, and so its memory, for as
// long as the page lives, and cannot make a second. Only numbers cross the boundary, so there is nothing else for it to do.
// Plain JavaScript, since workers run it as it is.

/** Called once on start to fill a table of JavaScript values; none ever crosses. */
const UNUSED = "__wbindgen_init_externref_table";

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @param {number} [stackBytes] of a worker's own stack; the first instance uses the one in the module
 * @returns {Record<string, (...args: number[]) => number>} the exports
 */
export function instantiate(module, memory, stackBytes) {
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const known = kind === "memory" || name === UNUSED;
    if (!known) throw new Error(`the module wants ${kind} ${from} ${name}, which is not known here`);
    imports[from] = { ...imports[from], [name]: kind === "memory" ? memory : () => undefined };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const functions = /** @type {Record<string, (...args: number[]) => number>} */ (exports);
  if (stackBytes === undefined) functions.__wbindgen_start?.();
  else functions.__wbindgen_start?.(stackBytes);
  return functions;
}
