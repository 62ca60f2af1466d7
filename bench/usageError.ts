/** Something the user can put right; its message is the one sentence that is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
