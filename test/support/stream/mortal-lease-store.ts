import { LeaseConflict, type LeaseStore } from '../../../services/stream/lease/lease-store.ts';
import type { ShardLease, StoredLease } from '../../../services/stream/lease/shard-lease.ts';

/** The lease store of a process that may die: from then on, nothing that the process does reaches the store. */
export function mortalLeaseStore(store: LeaseStore): {
  readonly store: LeaseStore;
  readonly die: () => void;
} {
  let dead = false;
  const alive = () => {
    if (dead) throw new LeaseConflict('the process is dead');
  };
  const mortal: LeaseStore = {
    isShared: store.isShared,
    start: (onChange, signal) => store.start(onChange, signal),
    claim: (claim, signal) => store.claim(claim, signal),
    leases: () => store.leases(),
    unreadable: () => store.unreadable(),
    isUnreadable: (shardId) => store.isUnreadable(shardId),
    members: () => store.members(),
    read: async (shardId, signal) => {
      const lease = await store.read(shardId, signal);
      return dead && lease !== undefined ? { ...lease, owner: 'the next process' } : lease;
    },
    create: async (lease: ShardLease, signal) => {
      alive();
      return store.create(lease, signal);
    },
    replace: async (lease: StoredLease, signal) => {
      alive();
      return store.replace(lease, signal);
    },
    requestHandOff: async (lease, member, signal) => {
      alive();
      return store.requestHandOff(lease, member, signal);
    },
    remove: async (lease, signal) => {
      alive();
      return store.remove(lease, signal);
    },
    announce: async (member, signal) => {
      alive();
      return store.announce(member, signal);
    },
    withdraw: async (member, signal) => {
      if (!dead) await store.withdraw(member, signal);
    },
    stop: () => store.stop(),
  };
  return {
    store: mortal,
    die: () => {
      dead = true;
    },
  };
}
