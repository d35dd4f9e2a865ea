import { once } from 'node:events';

/**
 * Runs `body` and then stops, newest first, all that it put on the stack: on success, on failure
 * and on Ctrl-C. Exits with what `body` returns, 1 on an error, 130 on an interrupt.
 */
export async function runWithStack(body: (stack: AsyncDisposableStack) => Promise<number>): Promise<never> {
  const stack = new AsyncDisposableStack();
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => {
    console.error('\nstopping everything that was started');
    return 130;
  });
  const finished = body(stack).catch((error: unknown) => {
    // What the stop of its servers does to an interrupted body is no news.
    if (!stack.disposed) console.error(`failed: ${(error as Error).message}`);
    return 1;
  });
  const code = await Promise.race([finished, interrupted]);
  await stack.disposeAsync();
  process.exit(code);
}
