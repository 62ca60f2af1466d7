import { init, MultiheadAttention, manualSeed, randn, scope, Tensor, tensor } from "fovea";
import { attentionHtml, attentionMap, attentionReceived, attentionSvg, attentionText, meanOverHeads } from "fovea/explain";
import { beforeAll, describe, expect, it } from "vitest";

beforeAll(async () => {
  await init({ threads: 1 });
});

/** Two tokens, one layer of two heads. */
const small = {
  tokens: ["not", "bad"],
  weights: [[Float32Array.of(0.25, 0.75, 1, 0), Float32Array.of(0.75, 0.25, 0.5, 0.5)]],
};

describe("attentionMap", () => {
  it("copies an item's heads and leaves out its padding", () => {
    // weights[item][head][query][key] = 1000 item + 100 head + 10 query + key
    const values = [0, 1].flatMap((item) =>
      [0, 1, 2].flatMap((head) =>
        [0, 1, 2].flatMap((query) => [0, 1, 2].map((key) => 1000 * item + 100 * head + 10 * query + key)),
      ),
    );
    const weights = tensor(values, [2, 3, 3, 3]);
    const map = attentionMap(["a", "b"], [weights], 1);
    expect(map.weights[0]?.map((head) => [...head])).toEqual([
      [1000, 1001, 1010, 1011],
      [1100, 1101, 1110, 1111],
      [1200, 1201, 1210, 1211],
    ]);
    weights.dispose();
  });

  it("takes what MultiheadAttention gives: every row sums to 1", () => {
    manualSeed(3);
    scope(() => {
      const attention = new MultiheadAttention(8, 2);
      const x = randn([1, 5, 8]);
      const { weights } = attention.forward(x, x, x, { needWeights: true, averageAttnWeights: false });
      expect(weights).toBeInstanceOf(Tensor);
      const map = attentionMap(["a", "b", "c", "d", "e"], [weights as Tensor]);
      for (const head of map.weights[0] ?? [])
        for (let query = 0; query < 5; query += 1)
          expect(head.subarray(5 * query, 5 * query + 5).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      expect(attentionReceived(map).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    });
  });

  it("refuses weights that do not fit the tokens", () => {
    scope(() => {
      expect(() => attentionMap(["a"], [randn([2, 3, 3])])).toThrow(
        expect.objectContaining({ code: "RANK", message: expect.stringContaining("got [2, 3, 3]") }),
      );
      expect(() => attentionMap(["a", "b", "c", "d"], [randn([1, 2, 3, 3])])).toThrow(expect.objectContaining({ code: "SHAPE" }));
      expect(() => attentionMap(["a"], [randn([1, 2, 3, 3])], 1)).toThrow(expect.objectContaining({ code: "RANGE" }));
    });
  });
});

describe("summaries", () => {
  it("averages heads", () => {
    expect([...meanOverHeads(small.weights[0]!)]).toEqual([0.5, 0.5, 0.75, 0.25]);
  });

  it("says how much each token was attended to", () => {
    expect([...attentionReceived(small)]).toEqual([(0.25 + 1 + 0.75 + 0.5) / 4, (0.75 + 0 + 0.25 + 0.5) / 4]);
  });
});

describe("attentionHtml", () => {
  const hostile = { ...small, tokens: ['<script>alert("1")</script>', "&amp;'"], label: "<b>", probabilities: [] };

  it("is one page that loads nothing and runs nothing", () => {
    const page = attentionHtml([small], { title: "Two words" });
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain("<title>Two words</title>");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<img|https?:|src=|url\(|@import/);
    expect(page).toContain("prefers-color-scheme: dark");
  });

  it("has a map for each layer and head whose cells tell their weights", () => {
    const page = attentionHtml([{ ...small, weights: [...small.weights, ...small.weights] }]);
    expect(page.match(/<svg/g)).toHaveLength(4);
    for (const name of ["layer 1, head 1", "layer 1, head 2", "layer 2, head 1", "layer 2, head 2"])
      expect(page).toContain(`<title>Attention in ${name}</title>`);
    expect(page).toContain("<title>not → bad: 0.75</title>");
    expect(page).toContain("Strongest: bad to not 1.00, not to bad 0.75");
  });

  it("lists the classes, likeliest first, and the label", () => {
    const probabilities = [
      { name: "negative", probability: 0.125 },
      { name: "positive", probability: 0.875 },
    ];
    const page = attentionHtml([{ ...small, label: "positive", probabilities }]);
    expect(page).toContain("Label: positive");
    expect(page.indexOf("positive 87.5 %")).toBeGreaterThan(0);
    expect(page.indexOf("positive 87.5 %")).toBeLessThan(page.indexOf("negative 12.5 %"));
  });

  it("shows any text as text", () => {
    const page = attentionHtml([hostile], { title: "<i>" });
    expect(page).not.toMatch(/<script|<b>|<i>/);
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(page).toContain("&amp;amp;&#39;");
  });

  it("draws the strongest cell full and leaves out those that could not be seen", () => {
    const svg = attentionSvg("a map", ["a", "b"], Float32Array.of(0.5, 0.5, 0.999, 0.001));
    expect(svg).toContain('fill-opacity="1"><title>b → a: 1.00');
    expect(svg.match(/fill-opacity/g)).toHaveLength(3);
  });

  it("survives a sequence without tokens", () => {
    expect(attentionHtml([{ tokens: [], weights: [[new Float32Array()]] }])).toContain("</html>");
  });

  it("draws what one sequence took from another", () => {
    const weights = tensor([
      [
        [
          [0.9, 0.1, 0],
          [0.2, 0.8, 0],
        ],
      ],
    ]);
    const map = attentionMap(["ein", "hund"], [weights], 0, { keys: ["a", "dog"] });
    expect(map.weights[0]?.map((head) => [...head])).toEqual([[...Float32Array.of(0.9, 0.1, 0.2, 0.8)]]);
    expect(attentionSvg("a map", map.tokens, map.weights[0]![0]!, map.keys)).toContain("<title>hund → dog: 0.80");
    expect(attentionHtml([map])).toContain('title="received 0.55">a</span>');
    expect(attentionText(map)).toBe(
      ["1 a, 2 dog", "", "layer 1, mean of 1 head; █ is 0.90", "        1 2", "1 ein  ██", "2 hund ░░██", ""].join("\n"),
    );
    expect(() => attentionMap(["ein"], [weights], 0, { keys: ["a", "b", "c", "d"] })).toThrow(
      expect.objectContaining({ code: "SHAPE" }),
    );
    weights.dispose();
  });
});

describe("attentionText", () => {
  it("draws rows that attend and columns that are attended to", () => {
    expect(attentionText(small)).toBe(
      ["layer 1, mean of 2 heads; █ is 0.75", "       1 2", "1 not ▓▓▓▓", "2 bad ██░░", ""].join("\n"),
    );
  });

  it("draws each head if asked", () => {
    const text = attentionText(small, { perHead: true });
    expect(text).toContain("layer 1, head 1; █ is 1.00");
    expect(text).toContain("layer 1, head 2; █ is 0.75");
    expect(text).toContain("1 not ░░▓▓\n2 bad ██\n");
  });

  it("never exceeds the width, narrows its cells, and then says what it left out", () => {
    const tokens = Array.from({ length: 40 }, (_, i) => (i === 3 ? "incomprehensibilities" : `word${i}`));
    const even = new Float32Array(1600).fill(1 / 40);
    for (const columns of [100, 60, 40]) {
      const text = attentionText({ tokens, weights: [[even]] }, { columns });
      const drawn = text.split("\n").slice(1);
      for (const line of drawn) expect([...line].length).toBeLessThanOrEqual(columns);
      expect(text.includes("of 40 tokens")).toBe(columns === 40);
      expect(text).toContain("incomprehensi…");
    }
  });
});
