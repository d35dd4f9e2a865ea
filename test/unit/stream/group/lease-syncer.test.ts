import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import type { Shard, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';
import { LeaseRepairer } from '../../../../services/stream/group/lease-repairer.ts';
import { LeaseSyncer } from '../../../../services/stream/group/lease-syncer.ts';
import { readableLeases } from '../../../../services/stream/group/reading-order.ts';
import { LeaseConflict, type LeaseStore } from '../../../../services/stream/lease/lease-store.ts';
import {
  type ShardLease,
  type StoredLease,
  unreadLease,
} from '../../../../services/stream/lease/shard-lease.ts';
import { UnreadableLeaseError } from '../../../../services/stream/lease/unreadable-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { until } from '../../../support/until.ts';

const OLD_STREAM = Date.UTC(2025, 0, 1);
const NEW_STREAM = Date.UTC(2025, 5, 1);
const hashRange = { start: '0', end: '9' };
const PARENT: Shard = { shardId: 'shard-0', parents: [], hashRange, closed: true };
const CHILD: Shard = { shardId: 'shard-1', parents: ['shard-0'], hashRange, closed: false };

function ended(streamCreatedMilliseconds: number): StoredLease {
  const checkpoint: Checkpoint = { kind: 'shard_end' };
  return {
    ...unreadLease({ ...PARENT, epoch: 5, checkpoint }),
    streamCreatedMilliseconds,
    version: '1',
    renewal: '1',
  };
}

/** A member that looks at a stream of these shards. The stream was created anew. */
function world(shards: readonly Shard[], ...leases: StoredLease[]) {
  const clock = new ManualClock();
  const stored = new Map(leases.map((lease) => [lease.shardId, lease]));
  const stopping = new AbortController();
  const stream = { isThrottled: false, looks: 0, created: NEW_STREAM };
  const writes: string[] = [];
  const client: Partial<StreamClient> = {
    listShards: async () => shards,
    describe: async () => {
      stream.looks++;
      if (stream.isThrottled) throw new StreamError('throttled', 'too many calls');
      return { arn: '', retentionMilliseconds: 86_400_000, createdMilliseconds: stream.created };
    },
  };
  const keep = (lease: ShardLease) => {
    const next = { ...lease, version: String(writes.length), renewal: '1' };
    stored.set(lease.shardId, next);
    return next;
  };
  const store: Partial<LeaseStore> = {
    isShared: false,
    leases: () => [...stored.values()],
    isUnreadable: () => false,
    create: async (lease) => {
      writes.push(`create ${lease.shardId}`);
      return keep(lease);
    },
    replace: async (lease) => {
      writes.push(`replace ${lease.shardId}`);
      return keep(lease);
    },
    remove: async ({ shardId }) => {
      writes.push(`remove ${shardId}`);
      stored.delete(shardId);
    },
  };
  const { logger } = recordingLogger();
  const health = new StreamHealth(() => {}, logger);
  const shared = { stream: 'in', store: store as LeaseStore, health, logger };
  const syncer = new LeaseSyncer({
    ...shared,
    client: client as StreamClient,
    streamCreatedMilliseconds: NEW_STREAM,
    repairer: new LeaseRepairer({ ...shared, metrics: createStreamMetrics(new Registry()) }),
    start: { type: 'LATEST' },
    intervalMilliseconds: 1_000,
    owned: new Map(),
    clock,
    serviceNow: () => clock.now(),
  });
  const look = async () => {
    const looks = stream.looks;
    await until('a look at the stream', () => {
      clock.advance(clock.nextWakeMilliseconds ?? 0);
      return stream.looks > looks + 1;
    });
  };
  return {
    syncer,
    store,
    stored,
    stream,
    writes,
    look,
    start: () => void syncer.run(stopping.signal),
    stopping,
  };
}

describe('a stream that was created anew', () => {
  test('every shard is read from its oldest record, also at LATEST, and new leases come before replaced ones', async () => {
    const { stored, writes, start, look, stopping } = world([PARENT, CHILD], ended(OLD_STREAM));
    start();
    await look();
    stopping.abort();
    expect(writes).toEqual(['create shard-1', 'replace shard-0']);
    for (const lease of stored.values()) {
      expect(lease).toMatchObject({
        checkpoint: { kind: 'trim_horizon' },
        streamCreatedMilliseconds: NEW_STREAM,
      });
    }
  });

  test('one look that sees another stream replaces no lease, and two looks in a row do', async () => {
    const { stored, stream, writes, start, look, stopping } = world([PARENT], ended(NEW_STREAM));
    start();
    stream.created = NEW_STREAM + 1_000;
    await until('the odd look', () => stream.looks === 1);
    stream.created = NEW_STREAM;
    await look();
    expect(writes.filter((write) => write.startsWith('replace'))).toEqual([]);
    stream.created = NEW_STREAM + 2_000;
    await look();
    await look();
    stopping.abort();
    expect(stored.get('shard-0')).toMatchObject({
      checkpoint: { kind: 'trim_horizon' },
      streamCreatedMilliseconds: NEW_STREAM + 2_000,
    });
  });

  test('while the stream cannot be described, no lease is made: its start would be wrong', async () => {
    const { stream, writes, start, look, stopping } = world([PARENT, CHILD], ended(OLD_STREAM));
    stream.isThrottled = true;
    start();
    await look();
    expect(writes).toEqual([]);
    stream.isThrottled = false;
    await look();
    stopping.abort();
    expect(writes).toEqual(['create shard-1', 'replace shard-0']);
  });

  test('a child waits for a parent whose lease is of the old stream, although that lease says SHARD_END', async () => {
    const { syncer, stored, start, look, stopping } = world([PARENT, CHILD], ended(OLD_STREAM));
    start();
    await look();
    stopping.abort();
    stored.set('shard-0', ended(OLD_STREAM));
    const leases = [...stored.values()].filter((lease) => syncer.isOfStream(lease));
    expect(readableLeases(leases, syncer.awaitsLease())).toEqual([]);
    stored.set('shard-0', ended(NEW_STREAM));
    expect(readableLeases(leases, syncer.awaitsLease()).map(({ shardId }) => shardId)).toEqual(['shard-1']);
  });

  test('an old lease without a shard in the new stream is removed', async () => {
    const { stored, start, look, stopping } = world([{ ...CHILD, parents: [] }], ended(OLD_STREAM));
    start();
    await look();
    stopping.abort();
    expect([...stored.keys()]).toEqual(['shard-1']);
  });
});

test('a throttled description changes nothing for a stream that is known', async () => {
  const { stream, writes, start, look, stopping } = world([PARENT, CHILD], ended(NEW_STREAM));
  stream.isThrottled = true;
  start();
  await look();
  stopping.abort();
  expect(writes).toEqual(['create shard-1']);
});

test('a lease that the store does not see, and that is refused at two looks, is read by name', async () => {
  const { store, writes, start, look, stopping } = world([CHILD]);
  const reads: string[] = [];
  store.create = async ({ shardId }) => {
    writes.push(`create ${shardId}`);
    throw new LeaseConflict(shardId);
  };
  store.read = async (shardId) => {
    reads.push(shardId);
    throw new UnreadableLeaseError({
      name: 'lease',
      shardId,
      version: '1',
      problem: 'wrong',
      repair: 'correct it',
    });
  };
  start();
  await until('the first refusal', () => writes.length === 1);
  expect(reads).toEqual([]);
  await look();
  stopping.abort();
  expect(reads).toContain('shard-1');
});
