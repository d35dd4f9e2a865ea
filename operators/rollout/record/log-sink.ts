import { AUDIT_COMPONENT, type AuditRecord } from '../../../services/shared/agreements/audit-record.ts';
import { createLogger, type Logger, type LoggerOptions } from '../../../services/shared/logging.ts';
import type { AuditSink } from './audit-sink.ts';

/** Writes each record as a line of the log, whatever LOG_LEVEL says. Whoever collects the log has the record. */
export class LogSink implements AuditSink {
  readonly name = 'log';
  readonly #logger: Logger;

  constructor(destination?: LoggerOptions['destination']) {
    const options = { component: AUDIT_COMPONENT, level: 'info' } as const;
    this.#logger = createLogger(destination === undefined ? options : { ...options, destination });
  }

  async write(record: AuditRecord): Promise<void> {
    this.#logger.info(record);
  }
}
