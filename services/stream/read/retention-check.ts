import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logging.ts';
import type { StreamClient } from '../client/stream-client.ts';
import { PositionLost, type ShardRead } from './shard-reader.ts';

const HOUR_MILLISECONDS = 3_600_000;
/** Every stream keeps records for at least this long. */
const SHORTEST_RETENTION_MILLISECONDS = 24 * HOUR_MILLISECONDS;
/** The retention may change at any time, but DescribeStreamSummary allows only few calls. */
const KNOWN_FOR_MILLISECONDS = 60_000;
/**
 * A group that starts at the oldest record of a full stream races with the retention until it is ahead. Up to this much is
 * not reported of records that are older than the lease.
 */
const HEAD_START_MILLISECONDS = 5 * 60_000;

export interface RetentionCheckOptions {
  readonly client: Pick<StreamClient, 'describe'>;
  readonly stream: string;
  readonly shardId: string;
  /** Records that arrived after this time (milliseconds since the epoch) may be unread. 0 if unknown. */
  readonly unreadSinceMilliseconds: number;
  /** When the lease was made, in milliseconds since the epoch. 0 if unknown. */
  readonly createdMilliseconds: number;
  /** If records are lost: true logs an error and reads on from the oldest record, false rejects with PositionLost. */
  readonly skipLost: boolean;
  readonly clock: Clock;
  /** Time of Kinesis, which stamped the records. The clock of this machine may be wrong. */
  readonly serviceNow: () => number;
  readonly logger: Logger;
}

/**
 * Notices that retention may have deleted records before they were read. Kinesis does not report this. It gives an iterator
 * for a deleted sequence number or time, and keeps an iterator whose records are deleted. Both silently go on at the oldest
 * record. So the decision is one of time: how long ago the shard was last read up to.
 */
export class RetentionCheck {
  readonly #options: RetentionCheckOptions;
  #unreadSinceMilliseconds: number;
  #retentionMilliseconds = 0;
  #describedAt = Number.NEGATIVE_INFINITY;
  #told = false;

  constructor(options: RetentionCheckOptions) {
    this.#options = options;
    this.#unreadSinceMilliseconds = options.unreadSinceMilliseconds;
  }

  /** Call this after each read. An empty read counts as well, because it shows how far the shard was read. */
  delivered({ records, behindMilliseconds }: Pick<ShardRead, 'records' | 'behindMilliseconds'>): void {
    const throughMilliseconds = this.#options.serviceNow() - behindMilliseconds;
    // An empty read far behind finds nothing in old parts of the shard. It does not make older records ours.
    if (records.length > 0 || throughMilliseconds > this.#unreadSinceMilliseconds) {
      this.#unreadSinceMilliseconds = throughMilliseconds;
    }
  }

  /** @throws PositionLost; StreamError if the retention cannot be read */
  async assertKept(signal: AbortSignal): Promise<void> {
    if (this.#unreadSinceMilliseconds === 0) return;
    const ageMilliseconds = this.#ageMilliseconds;
    const isKept =
      ageMilliseconds <= SHORTEST_RETENTION_MILLISECONDS ||
      ageMilliseconds <= (await this.#retention(signal));
    if (!isKept) this.#tellTrimmed();
    this.#told = !isKept;
  }

  /**
   * Call this if the shard cannot be read on from its position. Returns if it is to be read from its oldest record.
   * @throws PositionLost
   */
  tellLoss(message: string, cause?: unknown): void {
    const { shardId, skipLost, logger } = this.#options;
    if (!skipLost) throw new PositionLost(message, { cause });
    if (!this.#told) logger.error({ shardId }, `${message}; reading on from the oldest record`);
    this.#told = true;
  }

  /** Time for which the oldest record that may be unread has been in the stream. */
  get #ageMilliseconds(): number {
    const { createdMilliseconds, serviceNow } = this.#options;
    const since = this.#unreadSinceMilliseconds;
    return serviceNow() - since - (since < createdMilliseconds ? HEAD_START_MILLISECONDS : 0);
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

  #tellTrimmed(): void {
    const { shardId } = this.#options;
    const since = new Date(this.#unreadSinceMilliseconds).toISOString();
    const hours = this.#retentionMilliseconds / HOUR_MILLISECONDS;
    const message = `${shardId}: all records until ${since} were read, but the stream keeps records for only ${hours} h`;
    this.tellLoss(message);
  }
}
