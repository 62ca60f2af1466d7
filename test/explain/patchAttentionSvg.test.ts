import { expect, test } from "vitest";
import { picture } from "../../ts/data/index.ts";
import { patchAttentionSvg } from "../../ts/explain/index.ts";

const rects = (svg: string) => [...svg.matchAll(/<rect [^>]*>/g)].map(([rect]) => rect);

test("a grey picture, and over it each patch in its place, redder for more", () => {
  const image = picture([0, 1, 0.5, 2, 0, 0, 0, -1], [1, 2, 4]);
  const svg = patchAttentionSvg("a < b", image, [0.2, 0.8], { patchSize: 2 });
  const drawn = rects(svg);
  expect(drawn).toHaveLength(8 + 2);
  expect(drawn.slice(0, 4).map((rect) => /fill="(.*?)"/.exec(rect)![1])).toEqual(["#000000", "#ffffff", "#808080", "#ffffff"]);
  expect(drawn[7]).toBe('<rect x="3" y="1" width="1" height="1" fill="#000000"/>');
  expect(drawn[8]).toBe('<rect x="0" y="0" width="2" height="2" fill="#e33" fill-opacity="0.188">');
  expect(drawn[9]).toBe('<rect x="2" y="0" width="2" height="2" fill="#e33" fill-opacity="0.750">');
  expect(svg).toContain("<title>a &lt; b</title>");
  expect(svg).toContain("<title>row 1, column 2: 0.800</title>");
  expect(svg).toContain('viewBox="0 0 4 2" width="32" height="16"');
});

test("a picture in colours, and one that nobody looked at", () => {
  const image = picture([1, 0, 0, 1, 0, 0], [3, 1, 2]);
  const svg = patchAttentionSvg("p", image, [0, 0], { patchSize: 1, zoom: 10 });
  expect(
    rects(svg)
      .slice(0, 2)
      .map((rect) => /fill="(.*?)"/.exec(rect)![1]),
  ).toEqual(["#ff0000", "#00ff00"]);
  expect(svg).not.toContain("NaN");
  expect(svg).toContain('width="20" height="10"');
});

test("what does not fit is refused", () => {
  const image = picture(Array(8).fill(0), [1, 2, 4]);
  const message = "patchAttentionSvg: weights must be one for each patch of 2 × 2 pixels, got 3 for [1, 2, 4]";
  expect(() => patchAttentionSvg("p", image, [1, 2, 3], { patchSize: 2 })).toThrow(
    expect.objectContaining({ code: "SHAPE", message }),
  );
  expect(() => patchAttentionSvg("p", image, [1], { patchSize: 3 })).toThrow(expect.objectContaining({ code: "SHAPE" }));
  expect(() => patchAttentionSvg("p", picture([0, 0], [2, 1, 1]), [1], { patchSize: 1 })).toThrow(
    "must have 1 or 3 channels, got 2",
  );
});
