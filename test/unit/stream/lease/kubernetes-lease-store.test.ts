import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Lease } from '../../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../../services/stream/lease/kubernetes-lease-store.ts';
import { LeaseConflict, type LeaseNews } from '../../../../services/stream/lease/lease-store.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { passBackoffs } from '../../../support/pass-backoffs.ts';
import { PlayedLeaseApi } from '../../../support/stream/played-lease-api.ts';
import { until } from '../../../support/until.ts';

const { signal } = new AbortController();
const stores: KubernetesLeaseStore[] = [];
let api: PlayedLeaseApi;
let clock: ManualClock;

beforeEach(() => {
  api = new PlayedLeaseApi();
  clock = new ManualClock();
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.stop();
});

async function started(onChange: (change: LeaseNews) => void = () => {}): Promise<KubernetesLeaseStore> {
  const store = new KubernetesLeaseStore({
    client: api.client,
    clock,
    logger: createLogger({ component: 'test', level: 'silent' }),
    namespace: 'lending',
    group: 'loan-eligibility',
    stream: 'in',
    leaseMilliseconds: 10_000,
  });
  stores.push(store);
  await store.start(onChange, signal);
  return store;
}

function shard(number: number) {
  return unreadLease({
    shardId: `shardId-${number}`,
    parents: [],
    hashRange: undefined,
    epoch: 1,
    checkpoint: { kind: 'trim_horizon' },
  });
}

function known(store: KubernetesLeaseStore, shardId = 'shardId-0'): StoredLease | undefined {
  return store.leases().find((lease) => lease.shardId === shardId);
}

describe('when the database of the API server goes back to a backup', () => {
  test('a store shows the older leases, and forgets leases that were made since', async () => {
    const [writer, reader] = [await started(), await started()];
    const created = await writer.create(shard(0), signal);
    const restore = api.backup();
    await writer.replace({ ...created, owner: 'pod-a', released: false, epoch: 2 }, signal);
    await writer.create(shard(1), signal);
    await until('the new states', () => known(reader)?.epoch === 2 && reader.leases().length === 2);
    restore();
    for (const store of [writer, reader])
      await passBackoffs(clock, 'the old states', () => known(store)?.version === created.version);
    for (const store of [writer, reader]) expect(store.leases()).toEqual([created]);
  });

  test('a read after a conflict shows the older lease, and the next write succeeds', async () => {
    const store = await started();
    const created = await store.create(shard(0), signal);
    const restore = api.backup();
    const taken = await store.replace({ ...created, owner: 'pod-a', released: false, epoch: 2 }, signal);
    restore();
    await expect(store.replace(taken, signal)).rejects.toThrow(LeaseConflict);
    expect(await store.read('shardId-0', signal)).toEqual(created);
    expect(known(store)).toEqual(created);
    await store.replace({ ...created, owner: 'pod-b', released: false, epoch: 2 }, signal);
    // Outputs of epoch 2 exist. If two owners wrote, the output with the higher epoch counts.
    expect(known(store)).toMatchObject({ owner: 'pod-b', epoch: 3 });
  });
});

test('a list that was read before an own write does not undo the write', async () => {
  const store = await started();
  const created = await store.create(shard(0), signal);
  await until('the watch', () => api.watches === 1);
  let lists = 0;
  api.afterList = async () => {
    if (lists++ > 0) return;
    await store.replace({ ...created, owner: 'pod-a', released: false, epoch: 2 }, signal);
    await store.create(shard(1), signal);
  };
  api.endWatches();
  await passBackoffs(clock, 'a list', () => lists === 1 && api.watches === 1);
  expect(known(store)?.owner).toBe('pod-a');
  expect(known(store, 'shardId-1')).toBeDefined();
});

describe('a Lease that cannot be read', () => {
  const CHECKPOINT = 'stream.loan-eligibility.dev/checkpoint';

  function annotated(object: Lease | undefined, annotations: Readonly<Record<string, string>>): Lease {
    if (object === undefined) throw new Error('no such Lease');
    const { metadata } = object;
    return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
  }

  /** The Lease of the first shard among two. */
  async function twoShards(): Promise<Lease | undefined> {
    const store = await started();
    await store.create(shard(0), signal);
    await store.create(shard(1), signal);
    return api.leases[0];
  }

  function shardIds(store: KubernetesLeaseStore): string[] {
    return store.leases().map(({ shardId }) => shardId);
  }

  test('is kept by name at the start, and the other leases are read', async () => {
    const object = await twoShards();
    api.put(annotated(object, { [CHECKPOINT]: 'LATEST' }));
    const store = await started();
    expect(shardIds(store)).toEqual(['shardId-1']);
    expect(store.unreadable()).toMatchObject([{ name: object?.metadata.name, shardId: 'shardId-0' }]);
    expect([0, 1].map((number) => store.isUnreadable(`shardId-${number}`))).toEqual([true, false]);
  });

  test('is no lease any more while it is in use, and is one again once it is repaired', async () => {
    const object = await twoShards();
    const store = await started();
    await until('the watch', () => api.watches === 2);
    api.put(annotated(object, { [CHECKPOINT]: 'LATEST' }));
    await until('the bad state', () => store.unreadable().length === 1);
    expect(shardIds(store)).toEqual(['shardId-1']);
    api.put(annotated(object, { [CHECKPOINT]: '4968' }));
    await until('the repaired state', () => store.unreadable().length === 0);
    expect(known(store)?.checkpoint).toEqual({ kind: 'record', sequenceNumber: '4968' });
  });

  test('is forgotten once it is deleted', async () => {
    const object = await twoShards();
    const store = await started();
    await until('the watch', () => api.watches === 2);
    api.put(annotated(object, { [CHECKPOINT]: 'LATEST' }));
    api.delete(object?.metadata.name ?? '');
    await until('the deletion', () => !store.isUnreadable('shardId-0') && known(store) === undefined);
  });

  test('without a shard id is named with its shard, once the shard is asked for', async () => {
    const object = await twoShards();
    api.put(annotated(object, { 'stream.loan-eligibility.dev/shard-id': '' }));
    const store = await started();
    expect(store.unreadable()).toMatchObject([{ shardId: undefined }]);
    expect(store.isUnreadable('shardId-0')).toBe(true);
    await expect(store.read('shardId-0', signal)).rejects.toThrow('shard-id: it is missing');
    expect(store.unreadable()).toMatchObject([{ shardId: 'shardId-0' }]);
  });

  test('whatever stands in its annotations, the other shard is known, and this shard is known or named', async () => {
    const object = await twoShards();
    const { annotations = {} } = object?.metadata ?? {};
    const texts = fc.oneof(fc.string(), fc.constantFrom('shardId-0', 'shardId-1', 'LATEST', '-1', '1e400'));
    const odd = fc.record(
      Object.fromEntries(
        [...Object.keys(annotations), 'stream.loan-eligibility.dev/hash-range'].map((key) => [key, texts]),
      ),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(odd, async (given) => {
        api.put(annotated(object, given as Record<string, string>));
        const store = await started();
        expect(shardIds(store)).toContain('shardId-1');
        const named = store.unreadable().map(({ name }) => name);
        if (known(store) === undefined) expect(named).toEqual([object?.metadata.name]);
        else expect([shardIds(store).length, named]).toEqual([2, []]);
      }),
    );
  });
});

test('a Lease of the group in a role that is unknown is no shard', async () => {
  const first = await started();
  await first.create(shard(0), signal);
  const object = api.leases[0];
  const { labels, ...metadata } = object?.metadata ?? { name: '' };
  const named = { ...metadata, name: 'of-another-version' };
  api.put({ metadata: { ...named, labels: { ...labels, 'stream.loan-eligibility.dev/role': 'other' } } });
  const store = await started();
  expect([store.leases().length, store.unreadable()]).toEqual([1, []]);
});

test('an own renewal is told to the other members alone, and a new owner to everybody', async () => {
  const told: { own: LeaseNews[]; others: LeaseNews[] } = { own: [], others: [] };
  const own = await started((change) => told.own.push(change));
  const other = await started((change) => told.others.push(change));
  const member = { name: 'pod-a', revision: 'r', joinedMilliseconds: 1 };
  await own.announce(member, signal);
  const created = await own.create(shard(0), signal);
  let held = await own.replace({ ...created, owner: 'pod-a', released: false, epoch: 2 }, signal);
  await until('the owner is seen', () => known(other)?.version === held.version);
  expect(told.own).toContain('news');
  for (const changes of [told.own, told.others]) changes.length = 0;
  for (let renewals = 0; renewals < 3; renewals++) {
    clock.advance(1_000);
    held = await own.replace(held, signal);
    await own.announce(member, signal);
    await until('the renewal is seen', () => known(other)?.version === held.version);
  }
  await other.requestHandOff(held, 'pod-b', signal);
  await until('the request is seen', () => known(own)?.handOffTo === 'pod-b');
  expect(told.own).toEqual(['news']);
  expect(told.others.filter((change) => change === 'renewal').length).toBeGreaterThanOrEqual(3);
});
