import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { streamNameOf } from '../../shared/stream-reference.ts';
import type { PutEntry, PutRefusal } from '../client/stream-client.ts';
import { isStreamError, StreamError } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { RetryLog } from '../retry-log.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { Output, PutReport } from './output.ts';
import { PendingEntries } from './pending-entries.ts';
import type { WriteGuard } from './write-guard.ts';

const BACKOFF = { baseMilliseconds: 50, maximumMilliseconds: 5_000 };

/** One request. `error` says why entries are not stored, if some are not. */
type Attempt = Pick<PutReport, 'stored' | 'tried'> & { readonly error: unknown };

export interface RecordWriterOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly retryLog: RetryLog;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Writes entries to one stream until Kinesis has confirmed all of them. The output keeps the order. */
export class RecordWriter {
  readonly #options: RecordWriterOptions;

  constructor(options: RecordWriterOptions) {
    this.#options = options;
  }

  /** Resolves once every entry is stored. Rejects only if the guard does not allow to write. */
  async write(entries: readonly PutEntry[], guard: WriteGuard): Promise<void> {
    const pending = new PendingEntries(entries);
    for (let failures = 0; pending.entries.length > 0; ) {
      const { stored, tried, error } = await this.#put(pending, guard);
      pending.drop(stored);
      failures = stored.length === tried ? 0 : failures + 1;
      if (failures > 0) await this.#wait(failures, tried - stored.length, error, guard.signal);
    }
  }

  async #put(pending: PendingEntries, guard: WriteGuard): Promise<Attempt> {
    const { output, health, metrics } = this.#options;
    const stream = streamNameOf(output.stream);
    try {
      const report = await output.put(pending, guard);
      metrics.recordsWritten.inc({ stream }, report.stored.length);
      if (report.overtaking > 0) metrics.overtakingWrites.inc({ stream }, report.overtaking);
      this.#countRefusals(report.refusals);
      health.succeeded(`write ${stream}`);
      return { ...report, error: errorOf(report) };
    } catch (error) {
      guard.assertHeld();
      if (isStreamError(error, 'throttled')) metrics.throttles.inc({ operation: 'PutRecords' });
      health.failed(`write ${stream}`, error);
      return { stored: [], tried: pending.entries.length, error };
    }
  }

  #countRefusals(refusals: readonly PutRefusal[]): void {
    if (refusals.length === 0) return;
    const throttled = refusals.filter(({ code }) => code === 'ProvisionedThroughputExceededException').length;
    this.#options.metrics.throttles.inc({ operation: 'PutRecordsEntry' }, throttled);
  }

  async #wait(tries: number, records: number, error: unknown, signal: AbortSignal): Promise<void> {
    const { output, clock, retryLog, metrics } = this.#options;
    const delayMilliseconds = backoffMilliseconds(tries - 1, BACKOFF);
    metrics.retries.inc({ operation: 'PutRecords' });
    const of = { stream: streamNameOf(output.stream), records };
    retryLog.retried({ operation: 'PutRecords', error, tries, delayMilliseconds, of });
    await clock.sleep(delayMilliseconds, signal);
  }
}

function errorOf({ refusals: [refusal], overtaking }: PutReport): Error | undefined {
  if (refusal) return StreamError.named('PutRecords', refusal.code, refusal.message);
  return overtaking > 0 ? new Error(`PutRecords stored ${overtaking} entries out of order`) : undefined;
}
