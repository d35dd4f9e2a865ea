import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Shard, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { LeaseRepairer } from '../../../../services/stream/group/lease-repairer.ts';
import { LeaseSyncer } from '../../../../services/stream/group/lease-syncer.ts';
import { LeaseConflict, type LeaseStore } from '../../../../services/stream/lease/lease-store.ts';
import type { ShardLease, StoredLease } from '../../../../services/stream/lease/shard-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';

const SHARDS = 1_600;
const WRITE_MILLISECONDS = 90;

const shards: readonly Shard[] = Array.from({ length: SHARDS }, (_, index) => ({
  shardId: `shard-${index}`,
  parents: [],
  hashRange: { start: String(index), end: String(index) },
  closed: false,
}));

/** Members that share `leases`, each of which syncs with the shards. */
function world(isShared = true) {
  const clock = new ManualClock();
  const leases = new Map<string, StoredLease>();
  const stopping = new AbortController();
  const creates = { sent: 0, refused: 0 };
  const client: Partial<StreamClient> = {
    listShards: async () => shards,
    describe: async () => ({ arn: '', retentionMilliseconds: 86_400_000, createdMilliseconds: 0 }),
  };
  const store: Partial<LeaseStore> = {
    isShared,
    leases: () => [...leases.values()],
    isUnreadable: () => false,
    create: async (lease: ShardLease) => {
      creates.sent++;
      await clock.sleep(WRITE_MILLISECONDS);
      if (leases.has(lease.shardId)) {
        creates.refused++;
        throw new LeaseConflict(lease.shardId);
      }
      const stored = { ...lease, version: '1', renewal: '1' };
      leases.set(lease.shardId, stored);
      return stored;
    },
  };
  const join = () => {
    const { logger, messages } = recordingLogger();
    const health = new StreamHealth(() => {}, logger);
    health.succeeded('leases');
    const metrics = createStreamMetrics(new Registry());
    const shared = { stream: 'in', store: store as LeaseStore, health, logger };
    const syncer = new LeaseSyncer({
      ...shared,
      streamCreatedMilliseconds: 0,
      repairer: new LeaseRepairer({ ...shared, metrics }),
      client: client as StreamClient,
      start: { type: 'TRIM_HORIZON' },
      intervalMilliseconds: 3_600_000,
      owned: new Map(),
      clock,
      serviceNow: () => clock.now(),
    });
    void syncer.run(stopping.signal);
    return { health, messages };
  };
  const pass = async (milliseconds: number) => {
    const end = clock.monotonic() + milliseconds;
    for (;;) {
      await new Promise(setImmediate);
      const next = clock.nextWakeMilliseconds;
      if (next === undefined || clock.monotonic() + next > end) break;
      clock.advance(next);
    }
    clock.advance(end - clock.monotonic());
  };
  return { leases, creates, join, pass, [Symbol.dispose]: () => stopping.abort(new Error('stop')) };
}

describe('leases of many shards', () => {
  test('are made side by side at a bounded rate, and state and log tell how far', async () => {
    using group = world();
    const { health, messages } = group.join();
    await group.pass(10_000);
    expect(group.leases.size).toBeGreaterThanOrEqual(450);
    expect(group.leases.size).toBeLessThanOrEqual(501);
    expect(health.message).toMatch(/^\d+ of 1600 leases made$/);
    expect(messages).toContain(health.message);
    await group.pass(25_000);
    expect(group.leases.size).toBe(SHARDS);
    expect(health.ready).toBe(true);
  });

  test('are made once, also if several members make them at the same time', async () => {
    using group = world();
    for (let members = 0; members < 4; members++) group.join();
    await group.pass(12_000);
    expect(group.leases.size).toBe(SHARDS);
    expect(group.creates.sent).toBe(SHARDS + group.creates.refused);
    expect(group.creates.refused).toBeLessThan(SHARDS / 4);
  });

  test('are made all at once in a store that is not shared', async () => {
    using group = world(false);
    const { health, messages } = group.join();
    await group.pass(WRITE_MILLISECONDS);
    await group.pass(0);
    expect(group.leases.size).toBe(SHARDS);
    expect(health.ready).toBe(true);
    expect(messages).toEqual(['new shards']);
  });
});
