import { setImmediate } from 'node:timers/promises';

const REPEATS = 20;

/**
 * The longest CPU time in seconds for which the event loop was held while the work was in progress. It is CPU time of this
 * thread, so a busy machine does not lengthen it. The least of all repeats counts, because garbage collection adds to some.
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
  return longest;
}

async function longestTurn(isDone: () => boolean): Promise<number> {
  let longest = 0;
  let last = threadSeconds();
  while (!isDone()) {
    await setImmediate();
    const now = threadSeconds();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}

function threadSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
