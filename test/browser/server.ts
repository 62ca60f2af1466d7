import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

/** What makes a page cross-origin isolated, and so allows it shared memory. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export interface Site {
  /** Its address, as "http://127.0.0.1:1234". */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the files of `folder` on this machine alone. `headers` are added to every answer. */
export async function serve(folder: string, { isolated = false, headers = {} as Record<string, string> } = {}): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    readFile(join(folder, path.endsWith("/") ? `${path}index.html` : path)).then(
      (content) => {
        response.writeHead(200, {
          "Content-Type": TYPES[extname(path) || ".html"] ?? "text/plain",
          ...(isolated ? ISOLATION : {}),
          ...headers,
        });
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
