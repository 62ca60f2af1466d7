import { attributionHtml, attributionText } from "fovea/explain";
import { describe, expect, it } from "vitest";

const sample = { tokens: ["not", "bad"], scores: { "gradient × input": [0.5, -1], "integrated gradients": [2, 0] } };

describe("attributionText", () => {
  it("draws what speaks for an answer to the right, what speaks against it to the left", () => {
    expect(attributionText(sample, { columns: 21 })).toBe(
      [
        "gradient × input",
        "not     │██      0.50",
        "bad ████│       -1.00",
        "",
        "integrated gradients",
        "not     │████    2.00",
        "bad     │        0.00",
        "",
      ].join("\n"),
    );
  });

  it("never exceeds the width, and cuts long words", () => {
    const tokens = ["incomprehensibilities", "a"];
    for (const columns of [30, 80]) {
      const text = attributionText({ tokens, scores: { it: [1, -1] } }, { columns });
      for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(columns);
      expect(text).toContain("incomprehensi…");
    }
  });

  it("survives scores of 0 and no tokens", () => {
    expect(attributionText({ tokens: ["a"], scores: { it: [0] } })).not.toMatch(/NaN|█/);
    expect(attributionText({ tokens: [], scores: { it: [] } })).toBe("it\n");
  });
});

describe("attributionHtml", () => {
  it("is one page that loads nothing and runs nothing", () => {
    const page = attributionHtml([sample], { title: "Two words" });
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("<title>Two words</title>");
    expect(page).not.toMatch(/<script|<link|<img|https?:|src=|url\(|@import/);
  });

  it("shades each word by its score, for and against, once for each method", () => {
    const page = attributionHtml([{ ...sample, explained: "positive" }]);
    expect(page).toContain('<span style="--strength: 30%" title="not: 0.50">not</span>');
    expect(page).toContain('<span class="against" style="--strength: 60%" title="bad: -1.00">bad</span>');
    expect(page).toContain("integrated gradients, for positive; strongest 2.00");
    expect(page.match(/<figure>/g)).toHaveLength(2);
  });

  it("shows any text as text, with label and classes", () => {
    const tokens = ['<script>alert("1")</script>'];
    const probabilities = [{ name: "<i>", probability: 0.25 }];
    const page = attributionHtml([{ tokens, scores: { "<b>": [1] }, label: "<u>", probabilities }]);
    expect(page).not.toMatch(/<script|<b>|<i>|<u>/);
    expect(page).toContain("Label: &lt;u&gt;");
    expect(page).toContain("&lt;i&gt; 25.0 %");
  });
});

it("scores that are not one for each token are refused", () => {
  for (const draw of [attributionText, (map: typeof sample) => attributionHtml([map])])
    expect(() => draw({ ...sample, tokens: ["not"] })).toThrow(expect.objectContaining({ code: "SHAPE" }));
});
