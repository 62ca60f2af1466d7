import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

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

export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, headless: true, args: [...FLAGS, ...flags] });
}

export interface Visit<T> {
  /** What the page set `window.result` to. */
  result: T;
  /** Console warnings and errors, and uncaught errors. */
  complaints: string[];
}

interface Outcome<T> {
  result?: T;
  failure?: string;
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
    const { result, failure } = await outcome<T>(page, timeoutMs);
    if (failure !== undefined) throw new Error(failure);
    if (result === undefined) throw new Error(`no result within ${timeoutMs / 1000} s`);
    return { result, complaints };
  } catch (error) {
    throw new Error(`${url}: ${(error as Error).message}; its complaints: ${complaints.join("; ") || "none"}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** Asked again and again: Playwright's own waiting evaluates a string in the page, which its content security policy may forbid. */
async function outcome<T>(page: Page, timeoutMs: number): Promise<Outcome<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const now = await page.evaluate<Outcome<T>>("({ result: window.result, failure: window.failure })");
    if (now.result !== undefined || now.failure !== undefined || performance.now() > deadline) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
