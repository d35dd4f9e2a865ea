import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `probe` again and again until it gives a value.
 * @throws Error after `timeoutSeconds`, with `what` and the last error or answer
 */
export async function waitUntil<T>(
  what: string,
  timeoutSeconds: number,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  let problem = '';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      problem = '';
    } catch (error) {
      problem = `: ${(error as Error).message}`;
    }
    if (performance.now() > deadline) throw new Error(`not ${what} within ${timeoutSeconds} s${problem}`);
    await delay(500);
  }
}
