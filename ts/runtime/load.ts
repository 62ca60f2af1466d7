import { FoveaError } from "./errors.ts";
import { isNode, nodeModule } from "./node.ts";

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** The compiled module at `url`, once for all who ask. Throws `WASM_LOAD`, naming the URL and the cause; the next call tries again. */
export function loadModule(url: URL): Promise<WebAssembly.Module> {
  let module = compiled.get(url.href);
  if (!module) {
    module = (isNode && url.protocol === "file:" ? compileFile(url) : compileFetched(url)).catch((cause: unknown) => {
      compiled.delete(url.href);
      throw failure(url, cause);
    });
    compiled.set(url.href, module);
  }
  return module;
}

async function compileFile(url: URL): Promise<WebAssembly.Module> {
  const { readFile } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  return WebAssembly.compile(new Uint8Array(await readFile(url)));
}

async function compileFetched(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
  // Compiling while it arrives is only allowed for this type, which some servers do not know.
  const typed = response.headers.get("content-type")?.startsWith("application/wasm");
  if (typed && WebAssembly.compileStreaming) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

function failure(url: URL, cause: unknown): FoveaError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const advice = adviceFor(cause, text);
  return new FoveaError("WASM_LOAD", `init: the wasm file must load, got ${text} for ${url.href}; ${advice}`, { cause });
}

function adviceFor(cause: unknown, text: string): string {
  if (/Content Security Policy|unsafe-eval/i.test(text)) return "allow 'wasm-unsafe-eval' in the page's script-src";
  if (cause instanceof WebAssembly.CompileError) return "the file is damaged, or something else is served in its place";
  if (/ENOENT/.test(text)) return "in the repository `npm run build:wasm` makes it";
  return "see that the file is served beside the script";
}
