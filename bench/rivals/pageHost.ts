import type { Browser, Page } from "playwright-core";
import { buildDist } from "../../scripts/build.mjs";
import { root } from "../../scripts/setup/paths.mjs";
import { chromiumMissing, launchChromium } from "../../test/browser/chromium.ts";
import { type Site, serve } from "../../test/browser/server.ts";
import type { Engine } from "./engines.ts";
import { type Host, Mailbox, RivalFailed } from "./host.ts";
import type { Answer, Request } from "./messages.ts";
import { bundlePage } from "./pageBundle.ts";

/** Pages that are not in front are not slowed down. */
const FLAGS = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];
/** Until threads that spin after their work have gone to sleep: a page cannot be stopped as a process can. */
const CALM_MS = 30;

/** Chromium, and a site of this repository for its pages. Throws an `Error` that says why there is none. */
export async function openPages(): Promise<Engine> {
  if (chromiumMissing) throw new Error(chromiumMissing);
  await buildDist();
  const site = await serve(root(), { isolated: true });
  const browser = await launchChromium(FLAGS);
  return {
    name: "chromium",
    version: `Chromium ${browser.version()}`,
    async host(rival, threads) {
      if (rival.kind === "program") throw new RivalFailed("is no program for a page");
      const script = await bundlePage(rival.module).catch((error: Error) => {
        throw new RivalFailed(error.message);
      });
      return pageHost(browser, site, script, threads);
    },
    async close() {
      await browser.close();
      await site.close();
    },
  };
}

async function pageHost(browser: Browser, site: Site, script: string, threads: number): Promise<Host> {
  const page = await browser.newPage();
  // Who starts a worker for every core starts as many as it may.
  await page.addInitScript(`Object.defineProperty(navigator, "hardwareConcurrency", { value: ${threads} })`);
  const mailbox = new Mailbox();
  page.on("crash", () => mailbox.close("its page crashed"));
  await page.goto(`${site.origin}/bench/rivals/page.html`);
  const first = `import(${JSON.stringify(script)}).then(({ open }) => open(${threads})).then((rival) => {
    window.rival = rival;
    return rival.first;
  })`;
  forward(page, mailbox, first);
  try {
    const about = await mailbox.ready();
    return {
      about,
      get alive() {
        return mailbox.open;
      },
      ask(request: Request) {
        const answer = mailbox.next();
        forward(page, mailbox, `window.rival.answer(${JSON.stringify(request)})`);
        return answer;
      },
      pause: () => new Promise((done) => setTimeout(done, CALM_MS)),
      resume: () => page.bringToFront(),
      end: () => page.close(),
    };
  } catch (error) {
    await page.close();
    throw error;
  }
}

function forward(page: Page, mailbox: Mailbox, expression: string): void {
  page.evaluate<Answer>(expression).then(
    (answer) => mailbox.receive(answer),
    (error: Error) => mailbox.close(error.message.split("\n")[0]!),
  );
}
