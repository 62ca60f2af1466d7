import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/setup/paths.mjs";
import { chromiumMissing, launchChromium, visit } from "../browser/chromium.ts";
import { serve } from "../browser/server.ts";
import { type Installed, installPacked } from "./install.ts";
import { readmeSnippets } from "./readme.ts";

const manifest = JSON.parse(readFileSync(root("package.json"), "utf8"));
const ENTRIES = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
const specifiers = ENTRIES.map((entry) => entry.replace(/^\./, "fovea"));

const PAGE = `
import { init, randn, runtime } from "fovea";
await init({ threads: 2 });
window.result = { length: randn([2, 3]).length, threads: runtime.threads.count };
`;

if (chromiumMissing) console.log(`one package test is skipped: ${chromiumMissing}`);

let installed: Installed;
beforeAll(async () => {
  installed = await installPacked();
}, 120_000);
afterAll(() => installed?.remove());

describe("the packed package", () => {
  it("holds the compiled sources, four wasm files, and no more", () => {
    const sources = readdirSync(root("ts"), { recursive: true, encoding: "utf8" }).filter((file) =>
      /(?<!\.d)\.[jt]s$/.test(file),
    );
    const compiled = sources
      .filter((file) => !file.startsWith("reference"))
      .flatMap((file) => [`dist/${file.replace(/\.[jt]s$/, ".js")}`, `dist/${file.replace(/\.[jt]s$/, ".d.ts")}`]);
    const wasm = ["relaxed", "relaxed-threads", "simd", "simd-threads"].map((variant) => `wasm/${variant}/fovea_bg.wasm`);
    expect(installed.files).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json", ...compiled, ...wasm].sort());
  });

  it("depends on one small package and runs nothing when installed", () => {
    const { dependencies, optionalDependencies, peerDependencies, scripts } = manifest;
    expect({ dependencies, optionalDependencies, peerDependencies }).toEqual({
      dependencies: { "fourier-transform": expect.any(String) },
    });
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$|^(pre|post)publish$/.test(name))).toEqual([]);
    expect(readdirSync(join(installed.folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "fourier-transform",
      "fovea",
    ]);
  });

  it("is what publint asks for", async () => {
    const { messages, pkg } = await publint({ pkgDir: join(installed.folder, "node_modules/fovea"), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("imports from every entry point in Node", async () => {
    const imports = specifiers.map((specifier) => `console.log(Object.keys(await import("${specifier}")).length > 0);`);
    await installed.write("entries.js", imports.join("\n"));
    expect(await installed.node("entries.js")).toBe("true\n".repeat(specifiers.length));
  });

  it("runs the README's first snippet in Node", async () => {
    const [snippet = ""] = readmeSnippets();
    expect(snippet).toContain('from "fovea"');
    const { code } = await transform(snippet, { loader: "ts" });
    await installed.write(
      "snippet.js",
      `${code}\nconsole.log(out.shape.join(), weights.shape.join(), out.view().every(Number.isFinite));`,
    );
    expect(await installed.node("snippet.js")).toBe("2,10,64 2,10,10 true\n");
  });

  it("trains as the README's second snippet does", async () => {
    const [, snippet = ""] = readmeSnippets();
    expect(snippet).toContain("loss.backward()");
    const { code } = await transform(snippet, { loader: "ts" });
    const watched = code.replace("for (", "const first = model.parameters()[0].toArray();\nfor (");
    await installed.write(
      "training.js",
      `${watched}\nconst last = model.parameters()[0].toArray();\nconsole.log(last.some((x, i) => x !== first[i]), last.every(Number.isFinite));`,
    );
    expect(await installed.node("training.js")).toBe("true true\n");
  });

  it("has the command fovea", async () => {
    const report = JSON.parse(await installed.node("node_modules/.bin/fovea", "doctor", "--json"));
    expect(report).toMatchObject({ simd: true, problem: null });
  });

  it("has types that a strict project compiles, without Node's", async () => {
    const names = specifiers.map((specifier, i) => `import * as entry${i} from "${specifier}";`);
    const [snippet = ""] = readmeSnippets();
    await installed.write(
      "types.ts",
      `${snippet}\n${names.join("\n")}\nexport default [${specifiers.map((_, i) => `entry${i}`)}];\n`,
    );
    const strict = "--strict --skipLibCheck false --noEmit --target es2022 --lib es2023,dom,esnext.disposable --types ".split(
      " ",
    );
    const compile = (...module: string[]) =>
      installed.node(root("node_modules/typescript/bin/tsc"), "--ignoreConfig", ...strict, ...module, "types.ts");
    expect(await compile("--module", "nodenext")).toBe("");
    expect(await compile("--module", "esnext", "--moduleResolution", "bundler")).toBe("");
  });

  it("builds with Vite, its worker and wasm files among the output", async () => {
    await installed.write(
      "index.html",
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
    );
    await installed.write("page.js", PAGE);
    await build({ root: installed.folder, logLevel: "error", build: { target: "es2022", outDir: "site" } });
    const built = readdirSync(join(installed.folder, "site/assets")).map((file) => file.replace(/-[\w-]{8}\./, "."));
    expect(built.filter((file) => file.endsWith(".wasm"))).toHaveLength(4);
    expect(built.filter((file) => /^worker.*\.js$/.test(file))).toHaveLength(1);
  });

  it.skipIf(chromiumMissing)("runs in Chromium as Vite built it, threads and all", async () => {
    const [browser, site] = await Promise.all([launchChromium(), serve(join(installed.folder, "site"), { isolated: true })]);
    try {
      const { result, complaints } = await visit(browser, `${site.origin}/`);
      expect(result).toEqual({ length: 6, threads: 2 });
      expect(complaints).toEqual([]);
    } finally {
      await Promise.all([browser.close(), site.close()]);
    }
  });
});
