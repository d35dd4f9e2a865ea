import { setImmediate } from 'node:timers/promises';

const REPEATS = 20;

/**
 * The longest time in seconds for which the event loop was held while the work was in progress. The least of all repeats
 * counts, because other processes and garbage collection lengthen some. It is no CPU time, which Linux counts in ticks of
 * up to 4 ms.
 */
export async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < REPEATS; repeat++) least = Math.min(least, await holdOf(work));
  return least;
}

async function holdOf(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  const watching = longestTurn(() => isDone);
  const working = work().finally(() => {
    isDone = true;
  });
  const [longest] = await Promise.all([watching, working]);
  return longest / 1000;
}

async function longestTurn(isDone: () => boolean): Promise<number> {
  let longest = 0;
  let last = performance.now();
  while (!isDone()) {
    await setImmediate();
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}
