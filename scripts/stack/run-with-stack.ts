/**
 * Runs `body` and then stops, newest first, all that it put on the stack: on success, on failure
 * and on Ctrl-C. Exits with what `body` returns, 1 on an error, 130 on an interrupt.
 */
export async function runWithStack(body: (stack: AsyncDisposableStack) => Promise<number>): Promise<never> {
  const stack = new AsyncDisposableStack();
  const interrupt = (signal: NodeJS.Signals): void => {
    console.error(`\n${signal}: stopping everything that was started`);
    void stack.disposeAsync().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let code = 1;
  try {
    code = await body(stack);
  } catch (error) {
    if (!stack.disposed) console.error(`failed: ${(error as Error).message}`);
  }
  await stack.disposeAsync();
  process.exit(code);
}
