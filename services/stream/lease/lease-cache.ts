import { type LeaseChange, leaseChange } from './lease-change.ts';
import type { StoredLease } from './shard-lease.ts';

/** A point in the order of questions and changes. Greater means later. */
export type Moment = number;

/**
 * The known leases of the API server. Answers and watch events overtake each other, so an answer may be older than what is
 * known. Versions alone cannot tell: they go back if the API server's database is restored from a backup.
 * So an answer is believed whatever its version, unless the lease changed after the question was asked.
 */
export class LeaseCache {
  readonly #leases = new Map<string, StoredLease>();
  readonly #changedAt = new Map<string, Moment>();
  /** The highest epoch ever seen, by shard. Epochs of deleted leases are kept. */
  readonly #epochs = new Map<string, number>();
  #last: Moment = 0;

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  /** The highest epoch ever seen of the shard, also if its lease was deleted. */
  epochOf(shardId: string): number | undefined {
    return this.#epochs.get(shardId);
  }

  /** Take the moment before a question is sent. */
  moment(): Moment {
    return ++this.#last;
  }

  /** @param askedAt undefined for a watch event, which may be older than an own write */
  keep(lease: StoredLease, askedAt?: Moment): LeaseChange {
    const { shardId, epoch } = lease;
    this.#epochs.set(shardId, Math.max(epoch, this.#epochs.get(shardId) ?? 0));
    if (this.#isOutdated(lease, askedAt)) return 'none';
    const change = leaseChange(this.#leases.get(shardId), lease);
    if (change === 'none') return change;
    this.#leases.set(shardId, lease);
    this.#changedAt.set(shardId, this.moment());
    return change;
  }

  /**
   * Call this if a watch event shows that the lease is gone.
   * @param lease its last state
   * @returns false if a newer state is known
   */
  drop(lease: StoredLease): boolean {
    if (this.#isOutdated(lease, undefined)) return false;
    this.forget(lease.shardId);
    return true;
  }

  forget(shardId: string): void {
    this.#leases.delete(shardId);
    this.#changedAt.delete(shardId);
  }

  /** Forgets the leases that a complete list lacks. @returns true if there were such leases */
  retain(shardIds: ReadonlySet<string>, askedAt: Moment): boolean {
    const gone = [...this.#leases.keys()].filter(
      (shardId) => !shardIds.has(shardId) && !this.#changedSince(shardId, askedAt),
    );
    for (const shardId of gone) this.forget(shardId);
    return gone.length > 0;
  }

  /** Versions can be compared as numbers among the states of one lease that follow each other. */
  #isOutdated(lease: StoredLease, askedAt: Moment | undefined): boolean {
    const known = this.#leases.get(lease.shardId);
    if (known === undefined || BigInt(known.version) <= BigInt(lease.version)) return false;
    return askedAt === undefined || this.#changedSince(lease.shardId, askedAt);
  }

  #changedSince(shardId: string, askedAt: Moment): boolean {
    return (this.#changedAt.get(shardId) ?? 0) > askedAt;
  }
}
