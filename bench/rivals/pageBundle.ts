import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { root } from "../../scripts/setup/paths.mjs";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Not in version control, and served with the rest. */
const OUT = ".setup/rivals";

/** Bundles `module`, of this folder, with what answers for it in a page; gives the script's path on the site. It exports `open(threads)`. */
export async function bundlePage(module: string): Promise<string> {
  const out = `${OUT}/${module.replace(/\W+/g, "-")}.js`;
  const contents = `
    import { load } from ${JSON.stringify(`./${module}`)};
    import { open as openWith } from "./page.ts";
    export const open = (threads) => openWith(load, threads);`;
  await build({
    stdin: { contents, resolveDir: FOLDER, loader: "ts" },
    ...{ bundle: true, format: "esm", platform: "browser", outfile: root(out), logLevel: "silent" },
    plugins: [builtLibrary, runtimeOfItsOwn],
  });
  return `/${out}`;
}

/** Ours is loaded as built: its worker and wasm files are found beside its modules. */
const builtLibrary: Plugin = {
  name: "ts/ is dist/",
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, importer, resolveDir }) => {
      const from = relative(root("ts"), resolve(importer ? dirname(importer) : resolveDir, path));
      if (from.startsWith("..")) return null;
      return { path: `/dist/${from.replaceAll(sep, "/").replace(/ts$/, "js")}`, external: true };
    });
  },
};

/** ONNX Runtime finds its worker's script beside its own. */
const runtimeOfItsOwn: Plugin = {
  name: "onnxruntime-web as published",
  setup({ onResolve }) {
    const path = "/bench/rivals/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs";
    onResolve({ filter: /^onnxruntime-web$/ }, () => ({ path, external: true }));
  },
};
