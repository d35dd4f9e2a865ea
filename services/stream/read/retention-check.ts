import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { IteratorStart, StreamClient } from '../client/stream-client.ts';
import { PositionLost, type ShardRead } from './shard-reader.ts';

const HOUR_MILLISECONDS = 3_600_000;
/** No stream keeps records for less. */
const SHORTEST_RETENTION_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** The retention may be changed at any time, but DescribeStreamSummary takes few calls. */
const KNOWN_FOR_MILLISECONDS = 60_000;

export interface RetentionCheckOptions {
  readonly client: Pick<StreamClient, 'describe'>;
  readonly stream: string;
  readonly shardId: string;
  /** All that arrived before it is done: milliseconds since the epoch, 0 where unknown. */
  readonly doneThroughMilliseconds: number;
  /** Say so and read on from the oldest record, instead of rejecting with PositionLost. */
  readonly skipLost: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices that retention has overtaken the place after which a shard is read: Kinesis gives an iterator for a deleted
 * sequence number, goes on with one whose records it has deleted, and in both cases silently begins at the oldest record.
 */
export class RetentionCheck {
  readonly #options: RetentionCheckOptions;
  /** All that arrived before it was delivered. */
  #throughMilliseconds: number;
  #retentionMilliseconds = 0;
  #describedAt = Number.NEGATIVE_INFINITY;
  #told = false;

  constructor(options: RetentionCheckOptions) {
    this.#options = options;
    this.#throughMilliseconds = options.doneThroughMilliseconds;
  }

  /** To be told of each read: one that brings nothing shows as well how far the shard was read. */
  delivered({ behindMilliseconds }: ShardRead): void {
    this.#throughMilliseconds = this.#options.clock.now() - behindMilliseconds;
  }

  /** @throws PositionLost; StreamError where the retention cannot be had */
  async assertKept(position: IteratorStart, signal: AbortSignal): Promise<void> {
    const ageMilliseconds = this.#options.clock.now() - this.#throughMilliseconds;
    // Other places are those where nothing of the shard was read yet, or where it is wanted from the oldest record.
    const isKept =
      !('sequenceNumber' in position) ||
      ageMilliseconds <= SHORTEST_RETENTION_MILLISECONDS ||
      ageMilliseconds <= (await this.#retention(signal));
    if (!isKept) this.#tell();
    this.#told = !isKept;
  }

  async #retention(signal: AbortSignal): Promise<number> {
    const { client, stream, clock } = this.#options;
    if (clock.monotonic() - this.#describedAt >= KNOWN_FOR_MILLISECONDS) {
      const { retentionMilliseconds } = await client.describe(stream, signal);
      this.#retentionMilliseconds = retentionMilliseconds;
      this.#describedAt = clock.monotonic();
    }
    return this.#retentionMilliseconds;
  }

  #tell(): void {
    const { shardId, skipLost, logger } = this.#options;
    const through = new Date(this.#throughMilliseconds).toISOString();
    const hours = this.#retentionMilliseconds / HOUR_MILLISECONDS;
    const message = `${shardId}: all that arrived before ${through} was read, but the stream keeps records for ${hours} h only`;
    if (!skipLost) throw new PositionLost(message);
    if (!this.#told) logger.error({ shardId }, `${message}; reading on from the oldest record`);
  }
}
