import { backoffMilliseconds } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { StoredObject } from '../record.ts';
import type { RetryLog } from '../retry-log.ts';
import type { StreamHealth } from '../stream-health.ts';
import type { ObjectStore } from './object-store.ts';
import type { WriteGuard } from './write-guard.ts';

const BACKOFF = { baseMilliseconds: 100, maximumMilliseconds: 10_000 };

export interface ObjectWriterOptions {
  readonly store: ObjectStore;
  /** URI below which all objects are. The state of the stream names it. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly retryLog: RetryLog;
  readonly health: StreamHealth;
  readonly metrics: StreamMetrics;
}

/** Stores objects until all of them are confirmed. The shard waits meanwhile, as it does if a stream cannot be written. */
export class ObjectWriter {
  readonly #options: ObjectWriterOptions;

  constructor(options: ObjectWriterOptions) {
    this.#options = options;
  }

  /** Stores one object after another, because each may have 10 MiB. Rejects only if the guard does not allow to write. */
  async write(objects: readonly StoredObject[], guard: WriteGuard): Promise<void> {
    for (const object of objects) await this.#write(object, guard);
  }

  async #write(object: StoredObject, guard: WriteGuard): Promise<void> {
    const { clock, retryLog, metrics } = this.#options;
    for (let tries = 1; ; tries++) {
      guard.assertHeld();
      const error = await this.#put(object, guard);
      if (error === undefined) return;
      const delayMilliseconds = backoffMilliseconds(tries - 1, BACKOFF);
      metrics.retries.inc({ operation: 'PutObject' });
      retryLog.retried({ operation: 'PutObject', error, tries, delayMilliseconds, of: { uri: object.uri } });
      await clock.sleep(delayMilliseconds, guard.signal);
    }
  }

  /** @returns why the object may not be stored, or undefined if it is */
  async #put(object: StoredObject, guard: WriteGuard): Promise<unknown> {
    const { store, prefix, health, metrics } = this.#options;
    try {
      await store.put(object, guard.signal);
      metrics.objectsWritten.inc();
      health.succeeded(`write ${prefix}`);
      return undefined;
    } catch (error) {
      guard.assertHeld();
      health.failed(`write ${prefix}`, error);
      return error;
    }
  }
}
