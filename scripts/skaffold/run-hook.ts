/** Runs a hook. A failure prints its message alone, and skaffold stops because of the exit code. */
export async function runHook(hook: () => Promise<void>): Promise<void> {
  try {
    await hook();
  } catch (error) {
    console.error(`skaffold hook: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
