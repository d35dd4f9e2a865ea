import { once } from 'node:events';

/**
 * Runs `body` and then stops all that `body` put on the stack, newest first: on success, on failure and on Ctrl-C.
 * Exits with the code that `body` returns, with 1 after an error, and with 130 after an interrupt.
 */
export async function runWithStack(body: (stack: AsyncDisposableStack) => Promise<number>): Promise<never> {
  const stack = new AsyncDisposableStack();
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => {
    console.error('\nstopping everything that was started');
    return 130;
  });
  const finished = body(stack).catch((error: unknown) => {
    // An interrupted body fails because its servers stop. Such an error tells nothing new.
    if (!stack.disposed) console.error(`failed: ${(error as Error).message}`);
    return 1;
  });
  const code = await Promise.race([finished, interrupted]);
  await stack.disposeAsync();
  process.exit(code);
}
