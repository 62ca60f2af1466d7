// A program that speaks the rivals' messages and is always wrong: zeros, at once. It refuses softmax and fails at layerNorm.
import { createInterface } from "node:readline";

/** @param {object} answer */
const say = (answer) => console.log(JSON.stringify(answer));

/** @type {Record<string, (request: any) => object>} */
const answers = {
  start({ each: { op } }) {
    if (op === "softmax") return { kind: "refused", reason: "has no exponential" };
    return op === "layerNorm" ? { kind: "failed", reason: "ran out of eps" } : { kind: "started" };
  },
  result: ({ picks }) => ({
    kind: "result",
    values: Object.fromEntries(Object.entries(picks).map(([name, indices]) => [name, indices.map(() => 0)])),
    finite: true,
  }),
  time: ({ runs }) => ({ kind: "timed", ms: 100 * runs }),
  end: () => ({ kind: "ended" }),
};

say({ kind: "ready", about: { version: "0", variant: "none", threads: Number(process.argv.at(-1)) } });
createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  say(answers[request.kind]?.(request) ?? { kind: "failed", reason: `does not know ${request.kind}` });
});
