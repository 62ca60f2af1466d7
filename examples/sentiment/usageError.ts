import { FoveaError } from "fovea";

/** Something the user can put right; its message is the one sentence that is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs `read`; what it finds wrong in the content of a file is told with the file's path. */
export function withPath<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}
