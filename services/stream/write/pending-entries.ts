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

  drop(stored: ReadonlySet<number>): void {
    if (stored.size > 0) this.#entries = this.#entries.filter((_, index) => !stored.has(index));
  }
}

function keysAbove(limit: number, entries: readonly PutEntry[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { partitionKey } of entries) counts.set(partitionKey, (counts.get(partitionKey) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > limit).map(([key]) => key));
}
