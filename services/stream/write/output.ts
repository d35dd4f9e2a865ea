import type { PutRefusal } from '../client/stream-client.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { WriteGuard } from './write-guard.ts';

/** The result of one request. */
export interface PutReport {
  /** Indices, into the pending entries, of the entries that are stored and need not be put again. Ascending. */
  readonly stored: readonly number[];
  /** Number of pending entries in the request. */
  readonly tried: number;
  readonly refusals: readonly PutRefusal[];
  /** Entries that are stored and must be put again, because they overtook an earlier entry of their key. */
  readonly overtaking: number;
}

/** Puts entries on one stream. Each output decides which entries may share a request. */
export interface Output {
  readonly stream: string;
  /** Sends one request with pending entries, and does not retry it. */
  put(pending: PendingEntries, guard: WriteGuard): Promise<PutReport>;
}
