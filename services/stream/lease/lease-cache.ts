import { type LeaseChange, leaseChange } from './lease-change.ts';
import type { StoredLease } from './shard-lease.ts';
import type { UnreadableLease } from './unreadable-lease.ts';

/** A point in the order of questions and changes. Greater means later. */
export type Moment = number;

/**
 * The known leases of the API server, by the name of the Lease. Answers and watch events overtake each other, so an answer
 * may be older than the known state. Versions alone cannot tell: they go back if the API server's database is restored from
 * a backup. So an answer is believed whatever its version, unless the lease changed after the question was asked.
 */
export class LeaseCache {
  readonly #leases = new Map<string, StoredLease>();
  readonly #unreadable = new Map<string, UnreadableLease>();
  readonly #changedAt = new Map<string, Moment>();
  /** The highest epoch ever seen, by shard. Epochs of deleted leases are kept. */
  readonly #epochs = new Map<string, number>();
  #last: Moment = 0;

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  unreadable(): readonly UnreadableLease[] {
    return [...this.#unreadable.values()];
  }

  /** The highest epoch ever seen of the shard, also if its lease was deleted. */
  epochOf(shardId: string): number | undefined {
    return this.#epochs.get(shardId);
  }

  /**
   * The epoch for a write of `lease`. If the write changes the owner, the epoch must be new. The known lease may come from a
   * backup, and then the next epoch was in use before.
   */
  nextEpoch(name: string, { shardId, epoch, version }: StoredLease): number {
    const known = this.#leases.get(name);
    if (known?.version !== version || epoch <= known.epoch) return epoch;
    return Math.max(epoch, (this.#epochs.get(shardId) ?? 0) + 1);
  }

  /** Take the moment before a question is sent. */
  moment(): Moment {
    return ++this.#last;
  }

  /** @param askedAt undefined for a watch event, which may be older than an own write */
  keep(name: string, lease: StoredLease, askedAt?: Moment): LeaseChange {
    const { shardId, epoch, version } = lease;
    this.#epochs.set(shardId, Math.max(epoch, this.#epochs.get(shardId) ?? 0));
    if (this.#isOutdated(name, version, askedAt)) return 'none';
    const isReadableAgain = this.#unreadable.delete(name);
    const change = isReadableAgain ? 'news' : leaseChange(this.#leases.get(name), lease);
    if (change === 'none') return change;
    this.#leases.set(name, lease);
    this.#changedAt.set(name, this.moment());
    return change;
  }

  /** Notes that the lease cannot be read. @returns false if that was known, or if a newer state is known */
  refuse(lease: UnreadableLease, askedAt?: Moment): boolean {
    const { name, version } = lease;
    if (this.#isOutdated(name, version, askedAt)) return false;
    const known = this.#unreadable.get(name);
    const shardId = lease.shardId ?? known?.shardId ?? this.#leases.get(name)?.shardId;
    if (known?.version === version && known.shardId === shardId) return false;
    this.#leases.delete(name);
    this.#unreadable.set(name, { ...lease, shardId });
    this.#changedAt.set(name, this.moment());
    return true;
  }

  /**
   * Call this if a watch event shows that the lease is gone.
   * @param version of its last state
   * @returns false if a newer state is known
   */
  drop(name: string, version: string): boolean {
    if (this.#isOutdated(name, version, undefined)) return false;
    this.forget(name);
    return true;
  }

  forget(name: string): void {
    this.#leases.delete(name);
    this.#unreadable.delete(name);
    this.#changedAt.delete(name);
  }

  /** Forgets the leases that a complete list lacks. @returns true if there were such leases */
  retain(names: ReadonlySet<string>, askedAt: Moment): boolean {
    const known = [...this.#leases.keys(), ...this.#unreadable.keys()];
    const gone = known.filter((name) => !names.has(name) && !this.#changedSince(name, askedAt));
    for (const name of gone) this.forget(name);
    return gone.length > 0;
  }

  /** Versions can be compared as numbers among the states of one lease that follow each other. */
  #isOutdated(name: string, version: string, askedAt: Moment | undefined): boolean {
    const known = this.#leases.get(name) ?? this.#unreadable.get(name);
    if (known === undefined || BigInt(known.version) <= BigInt(version)) return false;
    return askedAt === undefined || this.#changedSince(name, askedAt);
  }

  #changedSince(name: string, askedAt: Moment): boolean {
    return (this.#changedAt.get(name) ?? 0) > askedAt;
  }
}
