import type { Clock } from '../../shared/clock.ts';

/** How many writes a store may get. */
export interface WriteBudget {
  /** Writes that are on their way at a time. */
  readonly inFlight: number;
  /** Writes that begin in a second. */
  readonly perSecond: number;
}

/**
 * Writes each item once, in order of their beginnings. An item is taken from `items` only when its turn comes. After a
 * failure no further write begins.
 * @throws the first failure, once no write is on its way any more; the signal's reason
 */
export async function withinBudget<Item>(
  items: Iterable<Item>,
  budget: WriteBudget,
  clock: Clock,
  signal: AbortSignal,
  write: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let isEmpty = false;
  const stopped = new AbortController();
  const end = AbortSignal.any([signal, stopped.signal]);
  let freeAt = clock.monotonic();
  const writeOn = async () => {
    for (;;) {
      const next = queue.next();
      isEmpty ||= next.done === true;
      if (next.done) return;
      const now = clock.monotonic();
      const beginAt = Math.max(freeAt, now);
      freeAt = beginAt + 1_000 / budget.perSecond;
      if (beginAt > now) await clock.sleep(beginAt - now, end);
      end.throwIfAborted();
      await write(next.value);
    }
  };
  const writers: Promise<void>[] = [];
  while (writers.length < budget.inFlight && !isEmpty)
    writers.push(writeOn().catch((error: unknown) => stopped.abort(error)));
  await Promise.all(writers);
  signal.throwIfAborted();
  if (stopped.signal.aborted) throw stopped.signal.reason;
}
