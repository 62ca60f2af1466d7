import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadModule } from "../../ts/runtime/load.ts";

const EMPTY = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
let folder: string;
let server: Server;
let origin: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "load-"));
  server = createServer((request, response) => {
    const answers: Record<string, () => void> = {
      "/good.wasm": () => response.writeHead(200, { "content-type": "application/wasm" }).end(EMPTY),
      "/untyped.wasm": () => response.writeHead(200, { "content-type": "application/octet-stream" }).end(EMPTY),
      "/page.wasm": () => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><p>not found"),
    };
    (answers[request.url ?? ""] ?? (() => response.writeHead(404).end()))();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await new Promise((done) => server.close(done));
});

const file = (name: string, bytes?: Uint8Array): URL => {
  const path = join(folder, name);
  if (bytes) writeFileSync(path, bytes);
  return pathToFileURL(path);
};

it("compiles a file, once for all who ask", async () => {
  const url = file("good.wasm", EMPTY);
  const [first, second] = await Promise.all([loadModule(url), loadModule(url)]);
  expect(first).toBeInstanceOf(WebAssembly.Module);
  expect(second).toBe(first);
});

it.each(["good", "untyped"])("compiles what a server sends, also without the wasm type: %s", async (name) => {
  expect(await loadModule(new URL(`${origin}/${name}.wasm`))).toBeInstanceOf(WebAssembly.Module);
});

it("names a file that is missing and says how to make it, and tries again the next time", async () => {
  const url = file("late.wasm");
  await expect(loadModule(url)).rejects.toMatchObject({ code: "WASM_LOAD" });
  await expect(loadModule(url)).rejects.toThrow(/ENOENT.*late\.wasm; in the repository `npm run build:wasm` makes it$/);
  file("late.wasm", EMPTY);
  expect(await loadModule(url)).toBeInstanceOf(WebAssembly.Module);
});

it("names the answer of a server that does not have it", async () => {
  const url = new URL(`${origin}/missing.wasm`);
  await expect(loadModule(url)).rejects.toThrow(
    `init: the wasm file must load, got the server answered 404 Not Found for ${url.href}; see that the file is served beside the script`,
  );
});

it.each([
  ["cut short", EMPTY.slice(0, 6)],
  ["of a later version", Uint8Array.from([0, 0x61, 0x73, 0x6d, 9, 0, 0, 0])],
  ["with bytes after its end", Uint8Array.from([...EMPTY, 1, 2, 3])],
])("refuses a file %s", async (name, bytes) => {
  const error = await loadModule(file(`${name}.wasm`, bytes)).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "WASM_LOAD", cause: expect.any(WebAssembly.CompileError) });
  expect((error as Error).message).toMatch(/the file is damaged, or something else is served in its place$/);
});

it("refuses a page that is served in its place", async () => {
  await expect(loadModule(new URL(`${origin}/page.wasm`))).rejects.toThrow(/something else is served in its place$/);
});
