import { curvesSvg, trainingHtml } from "fovea/explain";
import { expect, it } from "vitest";

/** Where the points of the chart stand, left to right. */
const points = (svg: string): [number, number][] =>
  [...svg.matchAll(/cx="([\d.-]+)" cy="([\d.-]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

it("draws a curve from left to right, larger values higher, each with its value", () => {
  const svg = curvesSvg("loss", [{ name: "train", values: [3, 1, 2], at: [10, 20, 30] }]);
  const [first, second, third] = points(svg);
  expect(first![0]).toBeLessThan(second![0]);
  expect(third![0] - second![0]).toBeCloseTo(second![0] - first![0]);
  expect(first![1]).toBeLessThan(third![1]);
  expect(third![1]).toBeLessThan(second![1]);
  expect(svg).toContain("<title>train, 20: 1</title>");
  expect(svg).toContain(">1.5</text>"); // a round number on the left
});

it("writes the names of lines that end together, or at the top, where they can be read", () => {
  const curves = ["a", "b", "c"].map((name, i) => ({ name, values: [0, 1 - i / 1000] }));
  const tops = [...curvesSvg("loss", curves).matchAll(/y="([\d.-]+)" text-anchor="end">([abc])</g)].map(([, y]) => Number(y));
  expect(tops).toHaveLength(3);
  expect(tops[0]).toBeGreaterThanOrEqual(12);
  for (const [i, top] of tops.slice(1).entries()) expect(top - tops[i]!).toBeGreaterThanOrEqual(12);
});

it("breaks a curve where there is no value", () => {
  const path = /<path d="(M[^"]+)"/;
  expect(path.exec(curvesSvg("f1", [{ name: "valid", values: [1, Number.NaN, 2, 3] }]))?.[1]?.match(/M/g)).toHaveLength(2);
});

it.each([[[]], [[5]], [[Number.NaN]], [[0, 0]], [[-1e30, 1e30]]])("draws %j too", (values) => {
  expect(curvesSvg("odd", [{ name: "a", values }])).not.toMatch(/NaN|Infinity/);
});

it("refuses places that are not as many as the values", () => {
  expect(() => curvesSvg("loss", [{ name: "train", values: [1, 2], at: [1] }])).toThrow(
    expect.objectContaining({ code: "SHAPE", message: "curvesSvg: each value of train needs its place, got 1 for 2" }),
  );
});

it("makes a page of facts, charts and attention that loads nothing", () => {
  const page = trainingHtml({
    title: "a <run>",
    facts: ["2 layers & more"],
    charts: [{ title: "loss", curves: [{ name: "<train>", values: [2, 1] }] }],
    samples: [{ tokens: ["a", "b"], weights: [[Float32Array.of(1, 0, 0.5, 0.5)]] }],
  });
  expect(page).toContain("<title>a &lt;run&gt;</title>");
  expect(page).toContain("<li>2 layers &amp; more</li>");
  expect(page).toContain("&lt;train&gt;");
  expect(page).toContain("layer 1, head 1");
  expect(page).not.toMatch(/<script|http:|https:|src=/);
});
