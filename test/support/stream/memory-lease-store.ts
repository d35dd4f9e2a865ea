import { LeaseConflict, type LeaseStore } from '../../../services/stream/lease/lease-store.ts';
import type {
  Member,
  NewMember,
  ShardLease,
  StoredLease,
} from '../../../services/stream/lease/shard-lease.ts';
import type { UnreadableLease } from '../../../services/stream/lease/unreadable-lease.ts';

/** Keeps leases in memory, guarded as in Kubernetes. The test writes them as other members do. */
export class MemoryLeaseStore implements LeaseStore {
  readonly isShared = true;
  readonly #leases = new Map<string, StoredLease>();
  readonly #members = new Map<string, Member>();
  /** Error of the next write, if set. */
  failure: Error | undefined;
  unreadableLeases: readonly UnreadableLease[] = [];
  #version = 0;

  set(lease: ShardLease): StoredLease {
    const version = String(++this.#version);
    const stored = { ...lease, version, renewal: version };
    this.#leases.set(lease.shardId, stored);
    return stored;
  }

  join(member: Member): void {
    this.#members.set(member.name, member);
  }

  async start(): Promise<void> {}

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  unreadable(): readonly UnreadableLease[] {
    return this.unreadableLeases;
  }

  isUnreadable(shardId: string): boolean {
    return this.unreadableLeases.some((lease) => lease.shardId === shardId);
  }

  members(): readonly Member[] {
    return [...this.#members.values()];
  }

  async claim(): Promise<void> {}

  async read(shardId: string): Promise<StoredLease | undefined> {
    return this.#leases.get(shardId);
  }

  async create(lease: ShardLease): Promise<StoredLease> {
    return this.set(lease);
  }

  async replace(lease: StoredLease): Promise<StoredLease> {
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    if (this.#leases.get(lease.shardId)?.version !== lease.version) throw new LeaseConflict(lease.shardId);
    return this.set(lease);
  }

  async requestHandOff(lease: StoredLease, member: string): Promise<StoredLease> {
    const requested = { ...lease, handOffTo: member, version: String(++this.#version) };
    this.#leases.set(lease.shardId, requested);
    return requested;
  }

  async remove(lease: StoredLease): Promise<void> {
    this.#leases.delete(lease.shardId);
  }

  async announce(member: NewMember): Promise<void> {
    this.join({ ...member, version: String(++this.#version) });
  }

  async withdraw(member: NewMember | Member): Promise<void> {
    const stored = this.#members.get(member.name);
    if ('version' in member && stored?.version !== member.version) throw new LeaseConflict(member.name);
    this.#members.delete(member.name);
  }

  async stop(): Promise<void> {}
}
