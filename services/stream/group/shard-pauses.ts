import type { ShardLease } from '../lease/shard-lease.ts';

const FAILED_MILLISECONDS = 5_000;
/** Each loss to a namesake doubles the pause. So two processes of one name do not take a shard from each other all the time. */
const SHORTEST_NAMESAKE_MILLISECONDS = 1_000;
const LONGEST_NAMESAKE_MILLISECONDS = 30_000;
/** Losses count together if no more time than this is between them. */
const FORGET_NAMESAKE_MILLISECONDS = 5 * 60_000;

interface Losses {
  readonly count: number;
  readonly atMilliseconds: number;
}

/** Shards that this process does not take for a while. All times are monotonic. */
export class ShardPauses {
  readonly #name: string;
  readonly #failedAt = new Map<string, number>();
  readonly #losses = new Map<string, Losses>();

  /** @param name name of this process in the group */
  constructor(name: string) {
    this.#name = name;
  }

  /** Call this if the consumer of the shard failed. */
  failed(shardId: string, now: number): void {
    this.#failedAt.set(shardId, now);
  }

  /** Call this if another process with the name of this process took the shard. */
  lostToNamesake(shardId: string, now: number): void {
    const before = this.#losses.get(shardId);
    const isNew = before === undefined || now - before.atMilliseconds > FORGET_NAMESAKE_MILLISECONDS;
    this.#losses.set(shardId, { count: isNew ? 1 : before.count + 1, atMilliseconds: now });
  }

  /** True if the shard must not be taken now. A namesake that gave the shard up does not take it back, so that may be taken. */
  isPaused({ shardId, owner }: Pick<ShardLease, 'shardId' | 'owner'>, now: number): boolean {
    const failedAt = this.#failedAt.get(shardId);
    if (failedAt !== undefined && now < failedAt + FAILED_MILLISECONDS) return true;
    const losses = this.#losses.get(shardId);
    return owner === this.#name && losses !== undefined && now < losses.atMilliseconds + pauseAfter(losses);
  }
}

function pauseAfter({ count }: Losses): number {
  return Math.min(LONGEST_NAMESAKE_MILLISECONDS, SHORTEST_NAMESAKE_MILLISECONDS * 2 ** (count - 1));
}
