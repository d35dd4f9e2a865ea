import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { PutEntry, PutRefusal } from '../client/stream-client.ts';
import { isStreamError, StreamError } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { RetryLog } from '../retry-log.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { Output, PutReport } from './output.ts';
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

/** Writes entries to one stream until Kinesis has confirmed all of them. Keeps the order of each partition key. */
export class RecordWriter {
  readonly #options: RecordWriterOptions;

  constructor(options: RecordWriterOptions) {
    this.#options = options;
  }

  /** Resolves once every entry is stored. Rejects only if the guard does not allow to write. */
  async write(entries: readonly PutEntry[], guard: WriteGuard): Promise<void> {
    let pending = entries;
    for (let failures = 0; pending.length > 0; ) {
      const { stored, tried, error } = await this.#put(pending, guard);
      if (stored.size > 0) pending = pending.filter((_, index) => !stored.has(index));
      failures = stored.size === tried ? 0 : failures + 1;
      if (failures > 0) await this.#wait(failures, tried - stored.size, error, guard.signal);
    }
  }

  async #put(pending: readonly PutEntry[], guard: WriteGuard): Promise<Attempt> {
    const { output, health, metrics } = this.#options;
    const { stream } = output;
    try {
      const report = await output.put(pending, guard);
      metrics.recordsWritten.inc({ stream }, report.stored.size);
      this.#countRefusals(report.refusals);
      health.succeeded(`write ${stream}`);
      const [refusal] = report.refusals;
      return { ...report, error: refusal && StreamError.named('PutRecords', refusal.code, refusal.message) };
    } catch (error) {
      guard.assertHeld();
      if (isStreamError(error, 'throttled')) metrics.throttles.inc({ operation: 'PutRecords' });
      health.failed(`write ${stream}`, error);
      return { stored: new Set(), tried: pending.length, error };
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
    const of = { stream: output.stream, records };
    retryLog.retried({ operation: 'PutRecords', error, tries, delayMilliseconds, of });
    await clock.sleep(delayMilliseconds, signal);
  }
}
