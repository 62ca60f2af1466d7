// Only one set-up at a time works in a repository; the others wait for it and then find everything done.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimes, writeFileSync } from "node:fs";
import { root } from "./paths.mjs";

const LOCK = root(".setup/lock");
const BEAT = 2_000; // the holder touches its lock this often …
const STALE = 30_000; // … so one untouched for this long belongs to a process that was killed

/** @template T @param {() => Promise<T>} work */
export async function withLock(work) {
  mkdirSync(root(".setup"), { recursive: true });
  for (let waited = 0; !acquire(); waited++) {
    if (waited === 0) console.log(`· waiting for another set-up of this folder (process ${holder()}) …`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const beat = setInterval(() => utimes(LOCK, new Date(), new Date(), () => {}), BEAT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(LOCK, { force: true });
  }
}

function acquire() {
  if (create()) return true;
  if (!isStale()) return false;
  takeAway(holder());
  return create();
}

function create() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  }
}

const holder = () => {
  try {
    return readFileSync(LOCK, "utf8");
  } catch {
    return "just ending";
  }
};

function isStale() {
  try {
    if (Date.now() - statSync(LOCK).mtimeMs > STALE) return true;
    process.kill(Number(holder()), 0); // signal 0 only asks whether the process is there
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

/** Renamed first: of several that saw the same stale lock, one gets it. If that was a new lock after all, it is put back. */
function takeAway(/** @type {string} */ stale) {
  const aside = `${LOCK}.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    if (readFileSync(aside, "utf8") !== stale) linkSync(aside, LOCK);
  } catch {
    // somebody else was quicker
  }
  rmSync(aside, { force: true });
}
