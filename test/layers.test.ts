import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const TS = fileURLToPath(new URL("../ts", import.meta.url));

/** Each folder may import from the lines above its own, and from itself. */
const LAYERS = [
  ["runtime"],
  ["tensor"],
  ["autograd"],
  ["ops"],
  ["positional"],
  ["nn"],
  ["optim", "data", "audio"],
  ["io"],
  ["explain"],
  ["train", "models"],
  ["index.ts"],
  ["cli"],
];
/** What every folder may import: the error class. */
const COMMON = "runtime/errors.ts";
const KERNELS = "runtime/kernels.gen.ts";
const CALLS_KERNELS = ["runtime", "tensor", "autograd", "ops", "optim"];
const KNOWS_NO_RUNTIME = ["positional", "nn"];

interface Import {
  file: string; // as "ops/linear.ts"
  target: string; // the same, or a bare specifier such as "node:fs"
  typeOnly: boolean;
}

const folderOf = (file: string): string => file.split("/")[0] ?? file;
const layerOf = (file: string): number => LAYERS.findIndex((names) => names.includes(folderOf(file)));

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|js)$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const file = relative(TS, path).split(sep).join("/");
  const found = text.matchAll(/(?:^|[^\w.])((?:import|export)\s+type\s[^;"]*?)?(?:from|import)\s*\(?\s*"([^"]+)"/gm);
  return [...found].map(([, type, specifier = ""]) => {
    const target = specifier.startsWith(".")
      ? relative(TS, resolve(path, "..", specifier))
          .split(sep)
          .join("/")
      : specifier;
    return { file, target, typeOnly: type !== undefined };
  });
}

const imports = sources(TS).flatMap(importsOf);
const inside = imports.filter(({ target }) => /^[\w]/.test(target) && /\.(ts|js)$/.test(target) && !target.includes(":"));
const show = ({ file, target }: Import): string => `${file} → ${target}`;

describe("imports", () => {
  it("are found at all", () => {
    expect(inside.map(show)).toContain("runtime/kernels.gen.ts → runtime/buffer.ts");
    expect(inside.length).toBeGreaterThan(50);
  });

  it("come from known folders", () => {
    const unknown = inside.filter(({ file }) => layerOf(file) === -1 && folderOf(file) !== "reference");
    expect(unknown.map(show)).toEqual([]);
  });

  it("go down the layers only", () => {
    const upward = inside.filter(({ file, target }) => {
      if (folderOf(file) === folderOf(target) || target === COMMON || folderOf(file) === "reference") return false;
      return layerOf(target) >= layerOf(file);
    });
    expect(upward.map(show)).toEqual([]);
  });

  it("keep the runtime from positional and nn", () => {
    const touching = inside.filter(
      ({ file, target }) => KNOWS_NO_RUNTIME.includes(folderOf(file)) && folderOf(target) === "runtime" && target !== COMMON,
    );
    expect(touching.map(show)).toEqual([]);
  });

  it("leave calling kernels to tensor, autograd, ops and optim", () => {
    const calling = inside.filter(
      ({ file, target, typeOnly }) => !typeOnly && target === KERNELS && !CALLS_KERNELS.includes(folderOf(file)),
    );
    expect(calling.map(show)).toEqual([]);
  });

  it("leave the reference to tests and benches, and the reference by itself", () => {
    const runs = inside.filter(({ typeOnly }) => !typeOnly);
    const crossing = runs.filter(({ file, target }) => (folderOf(file) === "reference") !== (folderOf(target) === "reference"));
    expect(crossing.map(show)).toEqual([]);
  });

  it("name no package but one: only Node's own modules", () => {
    const outside = imports.filter(({ target }) => !/\.(ts|js)$/.test(target));
    expect(outside.filter(({ target }) => !target.startsWith("node:")).map(show)).toEqual([
      "audio/spectrum.ts → fourier-transform",
    ]);
  });
});
