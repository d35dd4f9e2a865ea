import type { AuditRecord } from '../../../services/shared/agreements/audit-record.ts';

/** A place where records are kept. */
export interface AuditSink {
  /** Label of the metrics, and name in the log. */
  readonly name: 'log' | 'stream' | 'bucket';
  /**
   * Resolves when the record is kept. The same record may come again after a failure or a change of the leader.
   * @throws Error if the record may not be kept. The caller tries again.
   */
  write(record: AuditRecord, signal: AbortSignal): Promise<void>;
  close?(): void;
}
