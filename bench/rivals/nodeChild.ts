/** The process of one library: `nodeChild.ts MODULE THREADS`. It says "ready", then answers. */
import { readFile } from "node:fs/promises";
import { answering, reasonOf } from "./answer.ts";
import type { Answer, Request } from "./messages.ts";
import type { Load } from "./participant.ts";

const [module, threads] = process.argv.slice(2) as [string, string];
const send = (answer: Answer): void => void process.send!(answer);
process.on("disconnect", () => process.exit());

try {
  const { load } = (await import(new URL(module, import.meta.url).href)) as { load: Load };
  const read = async (path: string) => new Uint8Array(await readFile(new URL(path, import.meta.url)));
  const participant = await load({ threads: Number(threads), folder: new URL(".", import.meta.url).href, read });
  const answer = answering(participant);
  process.on("message", async (request: Request) => send(await answer(request)));
  send({ kind: "ready", about: participant.about });
} catch (error) {
  send({ kind: "failed", reason: reasonOf(error) });
  process.disconnect();
}
