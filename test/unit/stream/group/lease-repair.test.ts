import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import type { Checkpoint } from '../../../../services/stream/checkpoint.ts';
import type { Shard } from '../../../../services/stream/client/stream-client.ts';
import { isOfAnotherStream, repairOf } from '../../../../services/stream/group/lease-repair.ts';
import { LeaseRepairer } from '../../../../services/stream/group/lease-repairer.ts';
import { LeaseConflict, type LeaseStore } from '../../../../services/stream/lease/lease-store.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { recordingLogger } from '../../../support/stream/recording-logger.ts';

const { signal } = new AbortController();
const HOUR = 3_600_000;
const OLD_STREAM = Date.UTC(2026, 0, 1);
const NEW_STREAM = OLD_STREAM + 48 * HOUR;
const NOW = NEW_STREAM + HOUR;
const FACTS = { streamCreatedMilliseconds: NEW_STREAM, nowMilliseconds: NOW };
const END: Checkpoint = { kind: 'shard_end' };
const RECORD: Checkpoint = { kind: 'record', sequenceNumber: '41' };

function shard(shardId: string, change: Partial<Shard> = {}): Shard {
  return { shardId, parents: [], hashRange: { start: '0', end: '9' }, closed: false, ...change };
}

function lease(change: Partial<StoredLease> = {}): StoredLease {
  return {
    ...unreadLease({ ...shard('a'), epoch: 5, checkpoint: RECORD }),
    owner: 'pod',
    released: false,
    doneThroughMilliseconds: OLD_STREAM + HOUR,
    createdMilliseconds: OLD_STREAM,
    streamCreatedMilliseconds: OLD_STREAM,
    version: '1',
    renewal: '1',
    ...change,
  };
}

describe('a stream that was deleted and created anew', () => {
  test.each([
    ['in progress', RECORD],
    ['ended', END],
    ['never read', { kind: 'trim_horizon' }],
    ['at LATEST', { kind: 'timestamp', atMilliseconds: OLD_STREAM }],
  ] as [string, Checkpoint][])(
    'a lease of the old stream, %s, is read from the oldest record',
    (_, checkpoint) => {
      const now = shard('a', { parents: ['z'], hashRange: { start: '3', end: '4' } });
      const repair = repairOf(lease({ checkpoint }), now, FACTS);
      expect(repair?.reason).toBe('recreated');
      expect(repair?.after).toMatchObject({
        shardId: 'a',
        parents: ['z'],
        hashRange: { start: '3', end: '4' },
        owner: undefined,
        released: true,
        epoch: 6,
        checkpoint: { kind: 'trim_horizon' },
        doneThroughMilliseconds: 0,
        createdMilliseconds: NOW,
        streamCreatedMilliseconds: NEW_STREAM,
        version: '1',
      });
      expect(repairOf(repair?.after as StoredLease, now, FACTS)).toBeUndefined();
    },
  );

  test('a lease whose shard the new stream does not have is ended, so that its owner loses it', () => {
    const repair = repairOf(lease(), undefined, FACTS);
    expect(repair?.after).toMatchObject({ owner: undefined, epoch: 6, checkpoint: END });
    expect(repairOf(repair?.after as StoredLease, undefined, FACTS)).toBeUndefined();
    expect(repairOf(lease({ checkpoint: END }), undefined, FACTS)).toBeUndefined();
  });

  test.each([
    ['names the stream', { streamCreatedMilliseconds: NEW_STREAM }, false],
    ['names an older stream', { streamCreatedMilliseconds: OLD_STREAM }, true],
    ['names a later stream', { streamCreatedMilliseconds: NOW }, true],
    ['names no stream, and is older than the stream', { streamCreatedMilliseconds: 0 }, true],
    [
      'names no stream, and has records of the stream',
      { streamCreatedMilliseconds: 0, doneThroughMilliseconds: NEW_STREAM + 1 },
      false,
    ],
    [
      'names no stream and no time',
      { streamCreatedMilliseconds: 0, doneThroughMilliseconds: 0, createdMilliseconds: 0 },
      false,
    ],
  ] as [string, Partial<StoredLease>, boolean][])('a lease that %s', (_, change, isOther) => {
    expect(isOfAnotherStream(lease(change), NEW_STREAM)).toBe(isOther);
    expect(isOfAnotherStream(lease(change), 0)).toBe(false);
  });
});

describe('an open shard whose lease says that it has ended', () => {
  const ended = { checkpoint: END, owner: undefined, streamCreatedMilliseconds: NEW_STREAM };

  test('is read on a little before the time through which it was read', () => {
    const doneThroughMilliseconds = NEW_STREAM + 10 * HOUR;
    const repair = repairOf(lease({ ...ended, doneThroughMilliseconds }), shard('a'), FACTS);
    expect(repair?.reason).toBe('reopened');
    expect(repair?.after.checkpoint).toEqual({
      kind: 'timestamp',
      atMilliseconds: doneThroughMilliseconds - 60_000,
    });
  });

  test('is read from its oldest record if that time is unknown', () => {
    const repair = repairOf(lease({ ...ended, doneThroughMilliseconds: 0 }), shard('a'), FACTS);
    expect(repair?.after.checkpoint).toEqual({ kind: 'trim_horizon' });
  });

  test('a closed shard, or one that is gone, contradicts nothing', () => {
    expect(repairOf(lease(ended), shard('a', { closed: true }), FACTS)).toBeUndefined();
    expect(repairOf(lease(ended), undefined, FACTS)).toBeUndefined();
  });
});

describe('whatever the leases and the shards', () => {
  test('after the repairs nothing is left to repair, and every open shard is read', () => {
    const times = fc.constantFrom(0, OLD_STREAM, OLD_STREAM + HOUR, NEW_STREAM, NOW);
    const checkpoints = fc.constantFrom<Checkpoint>(END, RECORD, { kind: 'trim_horizon' });
    const leases = fc.record({
      checkpoint: checkpoints,
      doneThroughMilliseconds: times,
      createdMilliseconds: times,
      streamCreatedMilliseconds: times,
    });
    const shards = fc.constantFrom(undefined, shard('a'), shard('a', { closed: true }));
    fc.assert(
      fc.property(leases, shards, (change, now) => {
        const before = lease(change);
        const after = repairOf(before, now, FACTS)?.after ?? before;
        expect(repairOf(after, now, FACTS)).toBeUndefined();
        expect(isOfAnotherStream(after, NEW_STREAM) && now !== undefined).toBe(false);
        if (now && !now.closed) expect(after.checkpoint.kind).not.toBe('shard_end');
      }),
    );
  });
});

describe('the repairs of a group', () => {
  function world(...leases: StoredLease[]) {
    const stored = new Map(leases.map((it) => [it.shardId, it]));
    const { logger, messages } = recordingLogger();
    const health = new StreamHealth(() => {}, logger);
    const metricsRegistry = new Registry();
    const metrics = createStreamMetrics(metricsRegistry);
    const store: Partial<LeaseStore> = {
      leases: () => [...stored.values()],
      isUnreadable: () => false,
      read: async (shardId) => stored.get(shardId),
      replace: async (next) => {
        if (stored.get(next.shardId)?.version !== next.version) throw new LeaseConflict(next.shardId);
        stored.set(next.shardId, { ...next, version: `${next.version}+` });
        return next;
      },
    };
    const options = { stream: 'in', store: store as LeaseStore, logger, health, metrics };
    const repairer = new LeaseRepairer(options);
    const look = async (...shards: Shard[]) => {
      const listed = new Map(shards.map((it) => [it.shardId, it]));
      await repairer.apply(repairer.plan(listed, FACTS), listed, FACTS, signal);
    };
    return { stored, look, health, messages, metricsRegistry, repairer };
  }

  test('a new stream is told once in the log, and until the next look in the state', async () => {
    const { stored, look, health, messages, metricsRegistry } = world(lease());
    await look(shard('a'));
    expect(stored.get('a')?.checkpoint).toEqual({ kind: 'trim_horizon' });
    expect(health.message).toContain('was deleted and created anew at 2026-01-03T00:00:00.000Z');
    expect(health.message).not.toContain('trying again');
    await look(shard('a'));
    expect(health.message).toBe('');
    expect(messages).toHaveLength(1);
    const metric = await metricsRegistry.getSingleMetric('kinesis_replaced_leases_total')?.get();
    expect(metric?.values).toMatchObject([{ value: 1, labels: { reason: 'recreated' } }]);
  });

  test('an open shard is read on only if two looks in a row contradict its end: the first list may be older', async () => {
    const ended = { checkpoint: END, streamCreatedMilliseconds: NEW_STREAM };
    const { stored, look } = world(lease(ended));
    await look(shard('a'));
    expect(stored.get('a')?.checkpoint).toEqual(END);
    await look(shard('a', { closed: true }));
    await look(shard('a'));
    expect(stored.get('a')?.checkpoint).toEqual(END);
    await look(shard('a'));
    expect(stored.get('a')?.checkpoint.kind).toBe('timestamp');
  });

  test('an owner that renewed meanwhile does not keep an old lease', async () => {
    const { stored, repairer } = world(lease());
    const listed = new Map([['a', shard('a')]]);
    const repairs = repairer.plan(listed, FACTS);
    stored.set('a', lease({ version: '2', checkpoint: { kind: 'record', sequenceNumber: '42' } }));
    await repairer.apply(repairs, listed, FACTS, signal);
    expect(stored.get('a')?.checkpoint).toEqual({ kind: 'trim_horizon' });
  });

  test('what another member repaired is left alone', async () => {
    const { stored, repairer, messages } = world(lease());
    const listed = new Map([['a', shard('a')]]);
    const repairs = repairer.plan(listed, FACTS);
    const repaired = lease({ version: '2', streamCreatedMilliseconds: NEW_STREAM });
    stored.set('a', repaired);
    await repairer.apply(repairs, listed, FACTS, signal);
    expect(stored.get('a')).toBe(repaired);
    expect(messages).toEqual([]);
  });
});
