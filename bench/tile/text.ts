import type { Candidate } from "./candidate.ts";

/** Bytes. */
const VECTOR = 16;
const FLOAT = 4;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const get = (local: string): string => `(local.get $${local})`;
const set = (local: string, value: string): string => `(local.set $${local} ${value})`;
const advance = (local: string, bytes: number): string => set(local, `(i32.add ${get(local)} (i32.const ${bytes}))`);

/**
 * The candidate as a function of WebAssembly text, `(k, a, stride, panel, out, times)`, addresses and strides in bytes: what its author reads is what the engine
 * compiles, without a compiler in between that moves loads about.
 */
export function textOf(candidate: Candidate, fused: boolean, name: string): string {
  const { height, vectors, unrolled, held, left } = candidate;
  const rows = range(height);
  const columns = range(vectors);
  const sums = rows.flatMap((r) => columns.map((v) => `s${r}_${v}`));
  const pointers = left === "apart" ? rows.map((r) => `p${r}`) : ["p0"];
  const kept = held === "panel" ? columns.map((v) => `b${v}`) : rows.map((r) => `a${r}`);
  const locals = [
    ...["left", "at", ...pointers].map((local) => `(local $${local} i32)`),
    ...["passing", ...kept, ...sums].map((local) => `(local $${local} v128)`),
  ];
  const starts =
    left === "apart"
      ? rows.map((r) => set(`p${r}`, `(i32.add ${get("a")} (i32.mul ${get("stride")} (i32.const ${r})))`))
      : [set("p0", get("a"))];
  return `(func (export "${name}") (param $k i32) (param $a i32) (param $stride i32) (param $panel i32) (param $out i32) (param $times i32)
${locals.join(" ")}
(loop $again
  ${sums.map((sum) => set(sum, "(v128.const i32x4 0 0 0 0)")).join(" ")}
  ${starts.join(" ")} ${set("at", get("panel"))} ${set("left", `(i32.div_u ${get("k")} (i32.const ${unrolled}))`)}
  (loop $step
    ${range(unrolled)
      .map((step) => stepOf(candidate, fused, step))
      .join("\n    ")}
    ${pointers.map((p) => advance(p, left === "apart" ? FLOAT * unrolled : FLOAT * unrolled * height)).join(" ")}
    ${advance("at", VECTOR * unrolled * vectors)}
    (br_if $step (local.tee $left (i32.sub ${get("left")} (i32.const 1)))))
  ${sums.map((sum, i) => `(v128.store offset=${i * VECTOR} ${get("out")} ${get(sum)})`).join(" ")}
  (br_if $again (local.tee $times (i32.sub ${get("times")} (i32.const 1))))))`;
}

function stepOf({ height, vectors, held, left }: Candidate, fused: boolean, step: number): string {
  const panel = (v: number) => `(v128.load offset=${(step * vectors + v) * VECTOR} ${get("at")})`;
  const factor = (r: number) =>
    left === "apart"
      ? `(v128.load32_splat offset=${step * FLOAT} ${get(`p${r}`)})`
      : `(v128.load32_splat offset=${(step * height + r) * FLOAT} ${get("p0")})`;
  const add = (r: number, v: number, a: string, b: string) => {
    const sum = `s${r}_${v}`;
    return set(sum, fused ? `(f32x4.relaxed_madd ${a} ${b} ${get(sum)})` : `(f32x4.add (f32x4.mul ${a} ${b}) ${get(sum)})`);
  };
  const passing = get("passing");
  const lines =
    held === "panel"
      ? [
          ...range(vectors).map((v) => set(`b${v}`, panel(v))),
          ...range(height).flatMap((r) => [
            set("passing", factor(r)),
            ...range(vectors).map((v) => add(r, v, passing, get(`b${v}`))),
          ]),
        ]
      : [
          ...range(height).map((r) => set(`a${r}`, factor(r))),
          ...range(vectors).flatMap((v) => [
            set("passing", panel(v)),
            ...range(height).map((r) => add(r, v, get(`a${r}`), passing)),
          ]),
        ];
  return lines.join(" ");
}
