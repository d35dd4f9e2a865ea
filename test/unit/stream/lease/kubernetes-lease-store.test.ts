import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../../services/stream/lease/kubernetes-lease-store.ts';
import { LeaseConflict } from '../../../../services/stream/lease/lease-store.ts';
import { type StoredLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
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

async function started(): Promise<KubernetesLeaseStore> {
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
  await store.start(() => {}, signal);
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

/** Lets back-offs pass until `holds`. The next list by age is much later. */
async function passBackoffs(what: string, holds: () => boolean): Promise<void> {
  await until(what, () => {
    if (holds()) return true;
    const next = clock.nextWakeMilliseconds;
    if (next !== undefined && next < 60_000) clock.advance(next);
    return false;
  });
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
      await passBackoffs('the old states', () => known(store)?.version === created.version);
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
    expect(known(store)?.owner).toBe('pod-b');
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
  await passBackoffs('a list', () => lists === 1 && api.watches === 1);
  expect(known(store)?.owner).toBe('pod-a');
  expect(known(store, 'shardId-1')).toBeDefined();
});
