import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PATH = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why browser tests cannot run here, or null if they can. */
export const chromiumMissing: string | null = existsSync(PATH)
  ? null
  : `no Chromium at ${PATH}; install Debian's chromium, or set CHROMIUM to its path`;

// Without these it looks for the network's services at every start; without the first it refuses to run as root.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, headless: true, args: FLAGS });
}

export interface Visit<T> {
  /** What the page set `window.result` to. */
  result: T;
  /** Console warnings and errors, and uncaught errors. */
  complaints: string[];
}

/** Opens `url` and waits until the page has set `window.result` (or `window.failure`, which is thrown). */
export async function visit<T>(browser: Browser, url: string, timeoutMs = 60_000): Promise<Visit<T>> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["warning", "error"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    await page.goto(url);
    const settled = await page.waitForFunction("window.result !== undefined || window.failure !== undefined", null, {
      timeout: timeoutMs,
    });
    await settled.dispose();
    const failure = await page.evaluate<string | undefined>("window.failure");
    if (failure !== undefined) throw new Error(`${url}: ${failure}`);
    return { result: await page.evaluate<T>("window.result"), complaints };
  } catch (error) {
    if (complaints.length === 0) throw error;
    throw new Error(`${url} complained: ${complaints.join("; ")}`, { cause: error });
  } finally {
    await page.close();
  }
}
