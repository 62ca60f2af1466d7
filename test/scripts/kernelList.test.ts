import { describe, expect, it } from "vitest";
import { emit } from "../../scripts/kernels/emit.mjs";
import { parseKernels } from "../../scripts/kernels/parse.mjs";

const LIST = `
//! Above the list anything may stand, { even braces.
kernels! {
    /// Doubles \`d_in\`.
    twice(d_in: read [rows * round_up(cols, 1_024)], d_out: maybe_write [(rows - 1) * cols], work: scratch [threads * 16],
        more: scratch [cols], rows: dim, cols: dim, by: scalar, exact: flag, threads: threads,) { body({ x }) }
    flags(out: write_u8 [n], n: dim) { body() }
    // A comment, and a kernel with nothing but a size.
    once(n: dim) { nothing(n) }
}`;

describe("the list of kernels", () => {
  it("is read: names, kinds, lengths and docs, whatever the bodies hold", () => {
    const [twice, , once] = parseKernels(LIST);
    expect(twice?.doc).toEqual(["Doubles `d_in`."]);
    expect(twice?.args.map(({ name, kind }) => `${name}: ${kind}`).join(", ")).toBe(
      "d_in: read, d_out: maybe_write, work: scratch, more: scratch, rows: dim, cols: dim, by: scalar, exact: flag, threads: threads",
    );
    expect(twice?.args[1]?.length?.join("")).toBe("(rows-1)*cols");
    expect(once).toEqual({ name: "once", doc: [], args: [{ name: "n", kind: "dim", length: null }] });
  });

  it("becomes calls that check, lend scratch and pass arguments in Rust's order", () => {
    const text = emit(parseKernels(LIST));
    expect(text).toContain("dOut?: F | null | undefined;");
    expect(text).toContain(
      'const dIn = float32("twice", "dIn", args.dIn, rows * roundUp(cols, 1024), "rows * roundUp(cols, 1024)");',
    );
    expect(text).toContain('apart("twice", args, ["dOut"], ["dIn"]);');
    expect(text).toContain('{ name: "out", kind: "write", dtype: "bool", length: ({ n }: Dims<"n">) => n },');
    expect(text).toContain("const more = binding.scratch(cols);");
    expect(text).toContain('binding.run("twice", args, [dIn, dOut, work, more, rows, cols, by, exact, threads]);');
    expect(text).toContain('dims("twice", args, ["rows", "cols"]);');
    expect(text).toContain("/**\n   * Doubles `dIn`.\n   */");
  });

  it.each([
    ["an unknown kind", "a(x: borrow [n], n: dim) {}", "line 1: x has the unknown kind borrow"],
    ["a length made of a name that is no dim", "a(x: read [m], n: dim) {}", "a: the length of x uses m, which is no dim of it"],
    ["a kernel declared twice", "a(n: dim) {} a(n: dim) {}", "a is declared twice"],
    ["a list that does not end", "a(n: dim) {", "ends inside the list"],
  ])("refuses %s, saying where", (_, entry, message) => {
    expect(() => parseKernels(`kernels! { ${entry} }`)).toThrow(message);
  });
});
