/** Whether this is Node, or an engine that offers what Node does. */
export const isNode: boolean = typeof process !== "undefined" && typeof process.versions?.node === "string";

/** One of Node's own modules. Its name is put together here, so that bundlers for pages do not look for it. */
export async function nodeModule<T>(name: string): Promise<T> {
  const specifier = `node:${name}`;
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as T;
}
