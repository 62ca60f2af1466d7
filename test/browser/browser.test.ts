import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildDist } from "../../scripts/build.mjs";
import { root } from "../../scripts/setup/paths.mjs";
import * as fovea from "../../ts/index.ts";
import { chromiumMissing, launchChromium, type Visit, visit } from "./chromium.ts";
import { serve } from "./server.ts";
import { train20 } from "./train20.js";

type Trained = ReturnType<typeof train20> & { isolated: boolean };

if (chromiumMissing) console.log(`browser tests are skipped: ${chromiumMissing}`);

describe.skipIf(chromiumMissing)("a page in Chromium", () => {
  let browser: Browser;
  let inNode: ReturnType<typeof train20>;

  beforeAll(async () => {
    await buildDist();
    browser = await launchChromium();
    await fovea.init({ deterministic: true });
    inNode = train20(fovea);
    await fovea.dispose();
  });
  afterAll(() => browser?.close());

  const open = async (isolated: boolean, headers = {}): Promise<Visit<Trained>> => {
    const site = await serve(root(), { isolated, headers });
    try {
      return await visit<Trained>(browser, `${site.origin}/test/browser/train20.html`);
    } finally {
      await site.close();
    }
  };

  it("learns: in Node the loss halves", () => {
    const { losses } = inNode;
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  });

  it("ends on the weights of Node, with threads, where it is cross-origin isolated", async () => {
    const { result, complaints } = await open(true);
    expect(result).toMatchObject({ isolated: true, variant: "simd-threads", hash: inNode.hash, losses: inNode.losses });
    expect(result.threads).toBe(2);
    expect(complaints).toEqual([]);
  });

  it("ends on the same weights, on one thread and with one warning that says why, where it is not", async () => {
    const { result, complaints } = await open(false);
    expect(result).toMatchObject({ isolated: false, variant: "simd", threads: 1, hash: inNode.hash, losses: inNode.losses });
    expect(result.threadsReason).toContain("Cross-Origin-Opener-Policy");
    expect(complaints).toEqual([expect.stringContaining("cross-origin isolated")]);
  });

  it("runs under a strict content security policy: no eval, no blobs, nothing inline", async () => {
    const policy =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
    const { result, complaints } = await open(true, { "Content-Security-Policy": policy });
    expect(result).toMatchObject({ isolated: true, threads: 2, hash: inNode.hash });
    expect(complaints).toEqual([]);
  });
});
