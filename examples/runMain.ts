import { dispose, FoveaError } from "fovea";

/**
 * Runs an example to its end. A mistake of the user's, one of `alike` too, is told in its own words; any other is the example's, and shown with
 * all there is to find it.
 */
export async function runMain(main: () => Promise<void>, alike: (error: unknown) => boolean = () => false): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Error && (isUsersMistake(error) || alike(error)))) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await dispose();
  }
}

/** Ours, a flag that `parseArgs` does not know, or a place that the file system has not or does not let us write to. */
const isUsersMistake = (error: Error): boolean =>
  error instanceof FoveaError || "syscall" in error || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
