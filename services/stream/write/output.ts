import type { PutEntry, PutRefusal } from '../client/stream-client.ts';
import type { WriteGuard } from './write-guard.ts';

/** What became of one request. */
export interface PutReport {
  /** Indices into what was pending of the entries that are stored for good. */
  readonly stored: ReadonlySet<number>;
  /** How many of the pending entries the request held. */
  readonly tried: number;
  readonly refusals: readonly PutRefusal[];
}

/** Puts entries on one stream. */
export interface Output {
  readonly stream: string;
  /**
   * Makes one request of as many of the pending entries as it may hold without putting their order by partition key
   * at risk. Not tried again inside.
   */
  put(pending: readonly PutEntry[], guard: WriteGuard): Promise<PutReport>;
}
