import type { SeenLease } from '../../../scripts/stream/group-leases.ts';
import { type ShardView, shardViews } from '../../../scripts/stream/shard-view.ts';
import type { Shard } from '../../../services/stream/client/stream-client.ts';
import { unreadLease } from '../../../services/stream/lease/shard-lease.ts';

export const NOW = Date.UTC(2026, 0, 31, 12);
export const HOUR = 3_600_000;
export const DESCRIPTION = {
  arn: 'arn:aws:kinesis:us-east-1:123456789012:stream/in',
  retentionMilliseconds: 24 * HOUR,
  createdMilliseconds: 0,
};

const KEYS = 2n ** 128n;

/** Shard number `index` of `of`, which share the key space evenly. */
export function shardAt(index: number, of: number, change: Partial<Shard> = {}): Shard {
  const edge = (at: number) => (KEYS * BigInt(at)) / BigInt(of);
  return {
    shardId: `shardId-${String(index).padStart(12, '0')}`,
    parents: [],
    hashRange: { start: String(edge(index)), end: String(edge(index + 1) - 1n) },
    closed: false,
    ...change,
  };
}

/** The lease of a shard that `pod-a` reads. */
export function leaseAt(shard: Shard, change: Partial<SeenLease> = {}): SeenLease {
  return {
    ...unreadLease({ ...shard, epoch: 7, checkpoint: { kind: 'trim_horizon' } }),
    owner: 'pod-a',
    released: false,
    version: '1',
    renewal: '1',
    isLive: true,
    ...change,
  };
}

export function viewsOf(shards: readonly Shard[], leases: readonly SeenLease[]): ShardView[] {
  return shardViews(shards, { leases }, DESCRIPTION, NOW);
}
