import type { PutEntry } from '../client/stream-client.ts';

/**
 * A key with more entries than this in one write is hot. Up to this number, one entry a request costs at most four round
 * trips. Request ids are meant to be unique, so a key with more entries stands for many applicants.
 */
export const HOT_KEY_ENTRIES = 4;

/** The entries of one write that are not stored yet, in order. */
export class PendingEntries {
  #entries: readonly PutEntry[];
  #hotKeys: ReadonlySet<string> | undefined;

  constructor(entries: readonly PutEntry[]) {
    this.#entries = entries;
  }

  get entries(): readonly PutEntry[] {
    return this.#entries;
  }

  /** A key stays hot until the write ends. The keys are counted at the first use, because most writes never ask. */
  get hotKeys(): ReadonlySet<string> {
    this.#hotKeys ??= keysAbove(HOT_KEY_ENTRIES, this.#entries);
    return this.#hotKeys;
  }

  /** @param stored indices of entries, ascending */
  drop(stored: readonly number[]): void {
    if (stored.length === 0) return;
    // Nearly every request stores all its entries, and they are the first that are pending.
    const isPrefix = stored.at(-1) === stored.length - 1;
    this.#entries = isPrefix ? this.#entries.slice(stored.length) : without(this.#entries, stored);
  }
}

function without(entries: readonly PutEntry[], stored: readonly number[]): PutEntry[] {
  let dropped = 0;
  return entries.filter((_, index) => {
    if (index !== stored[dropped]) return true;
    dropped++;
    return false;
  });
}

function keysAbove(limit: number, entries: readonly PutEntry[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { partitionKey } of entries) counts.set(partitionKey, (counts.get(partitionKey) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > limit).map(([key]) => key));
}
