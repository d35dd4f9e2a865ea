import type { PutEntry, PutRefusal } from '../client/stream-client.ts';
import type { WriteGuard } from './write-guard.ts';

/** The result of one request. */
export interface PutReport {
  /** Indices, into the pending entries, of the entries that are stored. */
  readonly stored: ReadonlySet<number>;
  /** Number of pending entries in the request. */
  readonly tried: number;
  readonly refusals: readonly PutRefusal[];
}

/** Puts entries on one stream. */
export interface Output {
  readonly stream: string;
  /**
   * Sends one request with as many pending entries as possible without a risk to their order by partition key.
   * A failed request is not retried inside.
   */
  put(pending: readonly PutEntry[], guard: WriteGuard): Promise<PutReport>;
}
