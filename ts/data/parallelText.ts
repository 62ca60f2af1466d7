import { FoveaError } from "../runtime/errors.ts";
import type { TextChunks } from "./decodedText.ts";
import { lines } from "./lines.ts";
import { readText } from "./readText.ts";

/** A text and its translation. */
export interface ParallelExample {
  readonly source: string;
  readonly target: string;
  /** The line of both files, from 1. */
  readonly line: number;
}

export interface ParallelNames {
  /** What messages call the two texts. */
  readonly sourceName?: string | undefined;
  readonly targetName?: string | undefined;
}

/** The pairs of two files (Node) of which line i of one translates line i of the other, one by one. Throws `DATA` as `parallelText` does. */
export function readParallelText(sourcePath: string, targetPath: string): AsyncGenerator<ParallelExample, void, undefined> {
  return parallelText(readText(sourcePath), readText(targetPath), { sourceName: sourcePath, targetName: targetPath });
}

/**
 * The pairs of two texts; spaces around them are cut, and lines that are blank in both left out. Throws `DATA`, naming file and line, where one is blank
 * and the other is not, and where one ends before the other.
 */
export async function* parallelText(
  source: TextChunks,
  target: TextChunks,
  { sourceName = "source", targetName = "target" }: ParallelNames = {},
): AsyncGenerator<ParallelExample, void, undefined> {
  const [sources, targets] = [lines(source, sourceName), lines(target, targetName)];
  try {
    for (let line = 1; ; line += 1) {
      const [a, b] = [await sources.next(), await targets.next()];
      if (a.done && b.done) return;
      if (a.done || b.done) throw endsEarly(a.done ? sourceName : targetName, a.done ? targetName : sourceName, line);
      const pair = { source: a.value.text.trim(), target: b.value.text.trim(), line };
      if (pair.source !== "" && pair.target !== "") yield pair;
      else if (pair.source !== pair.target) throw oneBlank(pair.source === "" ? sourceName : targetName, line);
    }
  } finally {
    await Promise.all([sources.return(), targets.return()]);
  }
}

function endsEarly(short: string, long: string, line: number): FoveaError {
  return new FoveaError(
    "DATA",
    `${short}:${line}: the file ends here, and ${long} goes on; both must have the same number of lines`,
  );
}

function oneBlank(name: string, line: number): FoveaError {
  return new FoveaError("DATA", `${name}:${line}: this line is blank and its translation is not; fill it in or remove both`);
}
