import type { AuditSink } from '../../operators/rollout/record/audit-sink.ts';
import type { AuditRecord } from '../../services/shared/agreements/audit-record.ts';

/** Keeps the audit record in memory instead of on the output of the tests. */
export class AuditMemory implements AuditSink {
  readonly name = 'log';
  readonly records: AuditRecord[] = [];

  async write(record: AuditRecord): Promise<void> {
    this.records.push(record);
  }
}
