import { afterEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import { ConsumerGroup } from '../../../../services/stream/group/consumer-group.ts';
import type { OwnedShard } from '../../../../services/stream/group/owned-shard.ts';
import { Waker } from '../../../../services/stream/group/waker.ts';
import { LeaseConflict } from '../../../../services/stream/lease/lease-store.ts';
import {
  type Member,
  type NewMember,
  type ShardLease,
  type StoredLease,
  unreadLease,
} from '../../../../services/stream/lease/shard-lease.ts';
import type { UnreadableLease } from '../../../../services/stream/lease/unreadable-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { PositionLost } from '../../../../services/stream/read/shard-reader.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { MemoryLeaseStore } from '../../../support/stream/memory-lease-store.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';
import { until } from '../../../support/until.ts';

const LEASE_MILLISECONDS = 10_000;
const ME: NewMember = { name: 'pod-r1-me', revision: 'pod-r1', joinedMilliseconds: 1 };
const OTHER: Member = { name: 'pod-r1-before-me', revision: 'pod-r1', joinedMilliseconds: 0, version: '1' };

function lease(shardId: string, owner: string | undefined): ShardLease {
  const unread = unreadLease({
    shardId,
    parents: [],
    hashRange: undefined,
    epoch: 1,
    checkpoint: { kind: 'trim_horizon' },
  });
  return { ...unread, owner, released: owner === undefined };
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function world() {
  const clock = new ManualClock();
  const { logger, messages } = recordingLogger();
  const store = new MemoryLeaseStore();
  const waker = new Waker(clock);
  const owned = new Map<string, OwnedShard>();
  const awaited = new Set<string>();
  // A shard whose position is lost is held without being read, and given up on request.
  const consumers = {
    create: () => {
      throw new PositionLost('nothing to read');
    },
  };
  const health = new StreamHealth(() => {}, logger);
  const metrics = createStreamMetrics(new Registry());
  const group = new ConsumerGroup({
    store,
    member: ME,
    leaseMilliseconds: LEASE_MILLISECONDS,
    settleMilliseconds: 0,
    handOffMilliseconds: 1_000,
    consumers,
    suspicion: { attempts: 3, suspects: 500 },
    owned,
    syncer: {
      awaitsLease: () => (shardId) => awaited.has(shardId),
      isOfStream: () => true,
      streamCreatedMilliseconds: 0,
      wake: () => {},
    },
    waker,
    clock,
    serviceNow: () => clock.now(),
    logger,
    health,
    metrics,
  });
  const start = () => {
    const stopping = new AbortController();
    const running = group.run(stopping.signal);
    stops.push(() => {
      stopping.abort(new Error('stop'));
      return running;
    });
  };
  const pass = async (milliseconds: number) => {
    for (let passed = 0; passed < milliseconds; passed += 500) {
      clock.advance(500);
      await new Promise(setImmediate);
    }
  };
  const owner = (shardId: string) => store.leases().find((it) => it.shardId === shardId)?.owner;
  return { clock, store, waker, owned, awaited, health, metrics, messages, start, pass, owner };
}

const DONE: Checkpoint = { kind: 'shard_end' };

describe('consumer group', () => {
  test('takes a shard that was handed to it, even if its plan has changed meanwhile: the others wait for that', async () => {
    const { store, owned, start } = world();
    store.join(OTHER);
    store.set(lease('shard-0', ME.name));
    start();
    await until('the shard is taken', () => owned.has('shard-0'));
  });

  test('takes the shards that it owned before a restart, and gives a shard up on request', async () => {
    const { store, owned, start, waker, owner } = world();
    store.join(OTHER);
    store.set(lease('shard-0', ME.name));
    store.set(lease('shard-1', ME.name));
    start();
    await until('both shards are taken', () => owned.size === 2);
    const held = store.leases().find(({ shardId }) => shardId === 'shard-1') as StoredLease;
    store.set({ ...held, handOffTo: OTHER.name });
    waker.wake();
    await until('one shard is given up', () => owner('shard-1') === OTHER.name);
    expect([...owned.keys()]).toEqual(['shard-0']);
  });

  test('a shard that is given up unread is no problem any more, and does not work again', async () => {
    const { store, health, messages, start, waker, owner } = world();
    store.join(OTHER);
    store.set(lease('shard-0', ME.name));
    start();
    await until('the shard is held unread', () => health.message.startsWith('nothing to read'));
    const held = store.leases().find(({ shardId }) => shardId === 'shard-0') as StoredLease;
    store.set({ ...held, handOffTo: OTHER.name });
    waker.wake();
    await until('the shard is given up', () => owner('shard-0') === OTHER.name && health.message === '');
    expect(messages).not.toContain('stream part works again');
  });

  test('takes the shard of a dead member after one lease, even if a newcomer asked the dead member for the shard', async () => {
    const { store, owned, start, clock, pass } = world();
    store.join(OTHER);
    const stored = store.set(lease('shard-0', OTHER.name));
    start();
    clock.advance(LEASE_MILLISECONDS * 0.7);
    store.join({ ...OTHER, name: 'newcomer', joinedMilliseconds: 2, version: '2' });
    await store.requestHandOff(stored, 'newcomer');
    await pass(LEASE_MILLISECONDS * 0.4);
    expect([...owned.keys()]).toEqual(['shard-0']);
  });

  test('takes a shard at once that was handed to a member which left before it took the shard', async () => {
    const { store, owned, start, waker } = world();
    store.join(OTHER);
    store.set({ ...lease('shard-0', OTHER.name), released: true });
    start();
    await new Promise(setImmediate);
    expect([...owned.keys()]).toEqual([]);
    await store.withdraw(OTHER);
    waker.wake();
    await until('the shard is taken', () => owned.has('shard-0'));
    expect(store.leases()[0]?.uncleanEnds).toBe(0);
  });

  test('takes an expired shard, even if its owner was last seen alive a little later', async () => {
    const { store, owned, start, clock, pass } = world();
    store.join(OTHER);
    store.set(lease('shard-0', OTHER.name));
    start();
    clock.advance(LEASE_MILLISECONDS * 0.4);
    store.join({ ...OTHER, version: '2' });
    await pass(LEASE_MILLISECONDS * 0.7);
    expect([...owned.keys()]).toEqual(['shard-0']);
  });

  test('counts an end if the lease of the last owner expired, and none if the shard was handed over', async () => {
    const { store, owned, start, pass } = world();
    store.join(OTHER);
    store.set(lease('shard-0', OTHER.name));
    store.set({ ...lease('shard-1', ME.name), released: true });
    start();
    await until('the shard that was handed over is taken', () => owned.has('shard-1'));
    await pass(LEASE_MILLISECONDS * 1.1);
    const ends = () => store.leases().map(({ shardId, uncleanEnds }) => [shardId, uncleanEnds]);
    await until('the expired shard is taken', () => owned.has('shard-0'));
    expect(Object.fromEntries(ends())).toEqual({ 'shard-0': 1, 'shard-1': 0 });
  });

  test('a lease that could not be written is no problem any more once another member owns it', async () => {
    const { store, health, start, waker } = world();
    const stored = store.set(lease('shard-0', undefined));
    store.failure = new Error('no answer');
    start();
    await until('the failure is reported', () => health.message.startsWith('no answer'));
    store.join(OTHER);
    store.set({ ...stored, owner: OTHER.name, released: false, epoch: 2 });
    waker.wake();
    await until('the problem is gone', () => health.message === '');
  });

  test('a lease that could not be written is no problem any more once another member was faster', async () => {
    const { store, health, start, waker } = world();
    store.set(lease('shard-0', undefined));
    store.failure = new Error('no answer');
    start();
    await until('the failure is reported', () => health.message.startsWith('no answer'));
    const conflict = new LeaseConflict('shard-0');
    store.failure = conflict;
    waker.wake();
    await until('the problem is gone', () => health.message === '');
  });

  test('forgets a member that has been silent for minutes, and no member that lives', async () => {
    const { store, start, clock } = world();
    store.join(OTHER);
    start();
    const names = () => store.members().map(({ name }) => name);
    for (let seconds = 0; seconds < 295; seconds += 5) {
      store.join({ ...OTHER, name: 'living', version: String(seconds) });
      clock.advance(5_000);
      await new Promise(setImmediate);
    }
    expect(names()).toContain(OTHER.name);
    await until('the silent member is forgotten', () => {
      store.join({ ...OTHER, name: 'living', version: String(clock.now()) });
      clock.advance(5_000);
      return !names().includes(OTHER.name);
    });
    expect(names()).toEqual(expect.arrayContaining([ME.name, 'living']));
  });

  test('gives a shard up while its parent is read again, and reads on once the parent is done', async () => {
    const { store, owned, start, waker, pass } = world();
    const parent = store.set({ ...lease('shard-0', undefined), checkpoint: DONE });
    store.set({ ...lease('shard-1', ME.name), released: true, parents: ['shard-0'] });
    start();
    await until('the child is read', () => owned.has('shard-1'));
    const revived = store.set({ ...parent, checkpoint: { kind: 'trim_horizon' } });
    waker.wake();
    await until('the parent is read instead', () => owned.has('shard-0') && !owned.has('shard-1'));
    await pass(2 * LEASE_MILLISECONDS);
    const child = store.leases().find(({ shardId }) => shardId === 'shard-1');
    expect(child).toMatchObject({ owner: undefined, released: true, uncleanEnds: 0 });
    store.set({ ...revived, checkpoint: DONE, epoch: 9 });
    waker.wake();
    await until('the child is read on', () => owned.has('shard-1'));
  });

  test('reads a parent again only after another member has stopped reading its child', async () => {
    const { store, owned, start, waker, pass } = world();
    // A member that drains takes no shard, so the parent is for this member.
    store.join({ ...OTHER, draining: true });
    store.set(lease('shard-0', undefined));
    const child = store.set({ ...lease('shard-1', OTHER.name), parents: ['shard-0'] });
    start();
    await pass(LEASE_MILLISECONDS / 2);
    expect([...owned.keys()]).toEqual([]);
    store.set({ ...child, owner: undefined, released: true });
    waker.wake();
    await until('the parent is read', () => owned.has('shard-0'));
    expect([...owned.keys()]).toEqual(['shard-0']);
  });

  test('reads a parent again after a lease, if the owner of its child is gone', async () => {
    const { store, owned, start, pass } = world();
    store.set(lease('shard-0', undefined));
    store.set({ ...lease('shard-1', 'crashed'), parents: ['shard-0'] });
    start();
    await pass(LEASE_MILLISECONDS * 1.2);
    expect([...owned.keys()]).toEqual(['shard-0']);
  });

  test('keeps a shard while the lease of its parent is missing, even if that lease is about to be made', async () => {
    const { store, owned, start, pass, awaited } = world();
    const parent = store.set({ ...lease('shard-0', undefined), checkpoint: DONE });
    store.set({ ...lease('shard-1', ME.name), parents: ['shard-0'] });
    start();
    await until('the child is read', () => owned.has('shard-1'));
    awaited.add('shard-0');
    await store.remove(parent);
    await pass(2 * LEASE_MILLISECONDS);
    expect([...owned.keys()]).toEqual(['shard-1']);
  });
});

describe('a lease that cannot be read', () => {
  const BAD: UnreadableLease = {
    name: 'group-shard-1',
    shardId: 'shard-1',
    version: '7',
    problem: 'the annotation checkpoint is "LATEST"',
    repair: 'correct it with kubectl',
  };
  const gaugeValue = async (metric: { get(): Promise<{ values: { value: number }[] }> }) =>
    (await metric.get()).values[0]?.value;

  test('is named in the state until it can be read, and counts as unowned and as a gap', async () => {
    const { store, owned, health, metrics, messages, start, waker } = world();
    store.set({ ...lease('shard-0', ME.name), hashRange: { start: '0', end: String(2n ** 127n - 1n) } });
    store.unreadableLeases = [BAD];
    start();
    await until('the other shard is taken and held', () => owned.has('shard-0'));
    const message =
      'the Lease group-shard-1 cannot be read, so nobody reads shard shard-1: the annotation checkpoint is "LATEST"; correct it with kubectl';
    await until('the state', () => health.message.includes(message));
    expect(messages.filter((it) => it === message)).toHaveLength(1);
    waker.wake();
    await until('the metric', async () => (await gaugeValue(metrics.unownedShards)) === 1);
    expect(await gaugeValue(metrics.hashRangeGap)).toBe(0.5);
    store.unreadableLeases = [];
    waker.wake();
    await until('the end of the problem', () => !health.message.includes('group-shard-1'));
    expect(await gaugeValue(metrics.unownedShards)).toBe(0);
  });

  test('is told of also if no lease of the group can be read', async () => {
    const { store, health, metrics, start } = world();
    store.unreadableLeases = [{ ...BAD, shardId: undefined }];
    start();
    await until('the state', () =>
      health.message.includes('group-shard-1 cannot be read, so nobody reads its shard'),
    );
    expect(await gaugeValue(metrics.unownedShards)).toBe(1);
    expect(await gaugeValue(metrics.hashRangeGap)).toBe(1);
  });
});
