/** One library in a page: the bench calls `open`, then `answer`. */
import { answering, reasonOf } from "./answer.ts";
import type { Answer, Request } from "./messages.ts";
import type { Load } from "./participant.ts";

export interface Opened {
  first: Answer;
  answer(request: Request): Promise<Answer>;
}

export async function open(load: Load, threads: number): Promise<Opened> {
  const folder = new URL("/bench/rivals/", location.href).href;
  try {
    const participant = await load({ threads, folder, read: (path) => fetched(new URL(path, folder)) });
    return { first: { kind: "ready", about: participant.about }, answer: answering(participant) };
  } catch (error) {
    const first = { kind: "failed", reason: reasonOf(error) } as const;
    return { first, answer: async () => first };
  }
}

async function fetched(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
