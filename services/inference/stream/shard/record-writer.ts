import { backoffMilliseconds } from '../../../shared/backoff.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { PutEntry, PutOutcome, StreamClient } from '../client/stream-client.ts';
import { isStreamError } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StreamHealth } from '../stream-health.ts';
import { selectWave } from './put-wave.ts';

const BACKOFF = { baseMilliseconds: 50, maximumMilliseconds: 5_000 };

export interface RecordWriterOptions {
  readonly client: StreamClient;
  readonly stream: string;
  readonly clock: Clock;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** The right to write, asked for right before each request. */
export interface WriteGuard {
  readonly signal: AbortSignal;
  /** Throws once the right is gone, also where no timer could tell (a suspended process). */
  assertHeld(): void;
}

/** Writes to one stream until all is confirmed, in order by partition key. */
export class RecordWriter {
  readonly #options: RecordWriterOptions;

  constructor(options: RecordWriterOptions) {
    this.#options = options;
  }

  /** Resolves once every entry is stored. Rejects only through the guard. */
  async write(entries: readonly PutEntry[], guard: WriteGuard): Promise<void> {
    let pending = entries;
    for (let failures = 0; pending.length > 0; ) {
      const wave = selectWave(pending);
      const stored = await this.#put(pending, wave, guard);
      if (stored.size > 0) pending = pending.filter((_, index) => !stored.has(index));
      failures = stored.size === wave.length ? 0 : failures + 1;
      if (failures > 0) await this.#wait(failures - 1, guard.signal);
    }
  }

  /** @returns indices of what was stored */
  async #put(pending: readonly PutEntry[], wave: readonly number[], guard: WriteGuard): Promise<Set<number>> {
    const { client, stream, health, metrics } = this.#options;
    const whole = wave.length === pending.length;
    const entries = whole ? pending : wave.map((index) => pending[index] as PutEntry);
    try {
      guard.assertHeld();
      const outcomes = await client.put(stream, entries, guard.signal);
      const stored = new Set(wave.filter((_, position) => outcomes[position] === undefined));
      metrics.recordsWritten.inc({ stream }, stored.size);
      this.#countRefusals(outcomes);
      health.succeeded(`write ${stream}`);
      return stored;
    } catch (error) {
      guard.assertHeld();
      if (isStreamError(error, 'throttled')) metrics.throttles.inc({ operation: 'PutRecords' });
      health.failed(`write ${stream}`, error);
      return new Set();
    }
  }

  #countRefusals(outcomes: readonly PutOutcome[]): void {
    const refused = outcomes.filter((outcome) => outcome !== undefined);
    if (refused.length === 0) return;
    const throttled = refused.filter(({ code }) => code === 'ProvisionedThroughputExceededException').length;
    this.#options.metrics.throttles.inc({ operation: 'PutRecordsEntry' }, throttled);
  }

  async #wait(attempt: number, signal: AbortSignal): Promise<void> {
    this.#options.metrics.retries.inc({ operation: 'PutRecords' });
    await this.#options.clock.sleep(backoffMilliseconds(attempt, BACKOFF), signal);
  }
}
