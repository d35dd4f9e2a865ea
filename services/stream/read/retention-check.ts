import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { IteratorStart, StreamClient } from '../client/stream-client.ts';
import { PositionLost, type ShardRead } from './shard-reader.ts';

const HOUR_MILLISECONDS = 3_600_000;
/** Every stream keeps records for at least this long. */
const SHORTEST_RETENTION_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** The retention may change at any time, but DescribeStreamSummary allows only few calls. */
const KNOWN_FOR_MILLISECONDS = 60_000;

export interface RetentionCheckOptions {
  readonly client: Pick<StreamClient, 'describe'>;
  readonly stream: string;
  readonly shardId: string;
  /** All records that arrived before this time (milliseconds since the epoch) are done. 0 if unknown. */
  readonly doneThroughMilliseconds: number;
  /** If records are lost: true logs an error and reads on from the oldest record, false rejects with PositionLost. */
  readonly skipLost: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Notices that retention has deleted records before they were read. Kinesis does not report this. It gives an iterator for
 * a deleted sequence number, and keeps an iterator whose records are deleted. Both silently go on at the oldest record.
 */
export class RetentionCheck {
  readonly #options: RetentionCheckOptions;
  /** All records that arrived before this time were delivered. Milliseconds since the epoch. */
  #throughMilliseconds: number;
  #retentionMilliseconds = 0;
  #describedAt = Number.NEGATIVE_INFINITY;
  #told = false;

  constructor(options: RetentionCheckOptions) {
    this.#options = options;
    this.#throughMilliseconds = options.doneThroughMilliseconds;
  }

  /** Call this after each read. An empty read counts as well, because it shows how far the shard was read. */
  delivered({ behindMilliseconds }: ShardRead): void {
    this.#throughMilliseconds = this.#options.clock.now() - behindMilliseconds;
  }

  /** @throws PositionLost; StreamError if the retention cannot be read */
  async assertKept(position: IteratorStart, signal: AbortSignal): Promise<void> {
    const ageMilliseconds = this.#options.clock.now() - this.#throughMilliseconds;
    // Without a sequence number, reading begins at the oldest record or at a time. Then no record can be missing in between.
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
    const message = `${shardId}: all records until ${through} were read, but the stream keeps records for only ${hours} h`;
    if (!skipLost) throw new PositionLost(message);
    if (!this.#told) logger.error({ shardId }, `${message}; reading on from the oldest record`);
  }
}
