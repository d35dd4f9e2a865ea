import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { IteratorStart } from '../client/stream-client.ts';
import type { StreamMetrics } from '../metrics.ts';
import { FanOutUnavailable, positionAfter, type ShardRead, type ShardReader } from './shard-reader.ts';

/** Fan-out is tried again after about this time of polling. */
const RETRY_MILLISECONDS = 5 * 60_000;

export interface FallbackReaderOptions {
  readonly fanOut: ShardReader;
  readonly polling: ShardReader;
  readonly shardId: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
  readonly logger: Logger;
  readonly metrics: StreamMetrics;
}

/** Reads by fan-out. If fan-out is not possible, polls on from the same position and tries fan-out again after minutes. */
export class FallbackReader implements ShardReader {
  readonly #options: FallbackReaderOptions;

  constructor(options: FallbackReaderOptions) {
    this.#options = options;
  }

  async *read(start: IteratorStart, signal: AbortSignal): AsyncGenerator<ShardRead, void> {
    const { fanOut, polling, clock } = this.#options;
    let position = start;
    for (;;) {
      try {
        for await (const read of fanOut.read(position, signal)) {
          position = positionAfter(read, position);
          yield read;
        }
        return;
      } catch (error) {
        if (!(error instanceof FanOutUnavailable)) throw error;
        this.#report(error);
      }
      // The time is random, so that shards which fell back together do not subscribe again together.
      const spread = 0.8 + 0.4 * (this.#options.random ?? Math.random)();
      const retryAt = clock.monotonic() + RETRY_MILLISECONDS * spread;
      let retry = false;
      for await (const read of polling.read(position, signal)) {
        position = positionAfter(read, position);
        yield read;
        retry = clock.monotonic() >= retryAt;
        if (retry) break;
      }
      if (!retry) return;
    }
  }

  #report({ cause }: FanOutUnavailable): void {
    const { logger, metrics, shardId } = this.#options;
    metrics.fanOutFallbacks.inc({ reason: cause.kind });
    logger.warn(
      { error: cause, reason: cause.kind, shardId },
      `fan-out is not possible: polling the shard for about ${RETRY_MILLISECONDS / 60_000} minutes`,
    );
  }
}
