import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { type KubeApiServer, startKubeApiServer } from '../../../../scripts/stack/kube-api-server.ts';
import { systemClock } from '../../../../services/shared/clock.ts';
import { KubernetesClient } from '../../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../../services/stream/lease/kubernetes-lease-store.ts';
import { LeaseConflict, type LeaseNews } from '../../../../services/stream/lease/lease-store.ts';
import { type Member, type ShardLease, unreadLease } from '../../../../services/stream/lease/shard-lease.ts';
import { PodProcess } from '../../../chaos/pod-process.ts';
import { metricValue } from '../../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../../support/stream/consumer-world.ts';
import { EchoProcessor } from '../../../support/stream/echo-processor.ts';
import { until } from '../../../support/until.ts';

const { signal } = new AbortController();
const logger = createLogger({ component: 'test', level: 'silent' });
const LEASE_SECONDS = 3;

// These tests run on a real Kubernetes API server.
let api: KubeApiServer;
let groups = 0;

beforeAll(async () => {
  api = await startKubeApiServer();
}, 3_600_000);
afterAll(() => api?.stop());

const UNREAD: Omit<ShardLease, 'shardId' | 'parents'> = unreadLease({
  shardId: '',
  parents: [],
  hashRange: { start: '0', end: '17' },
  epoch: 1,
  checkpoint: { kind: 'trim_horizon' },
});

function storeOf(group: string): KubernetesLeaseStore {
  return new KubernetesLeaseStore({
    client: new KubernetesClient({ kubeConfig: api.kubeConfig }),
    namespace: 'default',
    group,
    stream: 'in',
    leaseMilliseconds: LEASE_SECONDS * 1000,
    clock: systemClock,
    logger,
  });
}

/** A consumer group on the streams of `world`. */
function groupIn(world: ConsumerWorld) {
  const group = `group-${++groups}`;
  let members = 0;
  return {
    group,
    join: (revision = 'r1', metricsRegistry = new Registry()) =>
      world.consume(
        {
          POD_NAME: `pod-${revision}-${++members}`,
          LEASE_SECONDS: String(LEASE_SECONDS),
          HAND_OFF_SECONDS: '2',
        },
        { store: storeOf(group), metricsRegistry },
      ),
  };
}

describe('Kubernetes lease store', () => {
  const lease: ShardLease = {
    ...unreadLease({
      shardId: 'shardId-000000000000',
      parents: ['shardId-Parent_1'],
      hashRange: { start: '0', end: '17' },
      epoch: 4,
      checkpoint: { kind: 'record', sequenceNumber: '49', subSequenceNumber: 2 },
    }),
    owner: 'pod-a',
    released: false,
    doneThroughMilliseconds: Date.UTC(2026, 0, 1),
  };

  test('keeps a lease as given, and shows it to other processes that watch', async () => {
    const [mine, theirs] = [storeOf('store-1'), storeOf('store-1')];
    await mine.start(() => {});
    await theirs.start(() => {});
    const created = await mine.create(lease, signal);
    expect(created).toEqual({ ...lease, version: expect.any(String), renewal: expect.any(String) });
    await until('the other store shows it', () => theirs.leases().length === 1);
    expect(theirs.leases()).toEqual([created]);
    expect(await theirs.read(lease.shardId, signal)).toEqual(created);
    await Promise.all([mine.stop(), theirs.stop()]);
  });

  test('of processes whose streams of one name are in different accounts, only one account gets the leases', async () => {
    const accounts = ['111122223333', '444455556666', '111122223333', '444455556666'];
    const stores = accounts.map(() => storeOf('store-claimed'));
    const claims = await Promise.allSettled(
      stores.map((store, index) =>
        store.claim({ account: accounts[index] as string, isNamed: true }, signal),
      ),
    );
    const winner = accounts[claims.findIndex(({ status }) => status === 'fulfilled')];
    const won = claims.map(({ status }) => status === 'fulfilled');
    expect(won).toEqual(accounts.map((account) => account === winner));
    // A process that starts later watches no lease of that kind, and asks the store itself.
    const later = storeOf('store-claimed');
    await later.start(() => {});
    expect([later.leases(), later.members()]).toEqual([[], []]);
    const loser = accounts.find((account) => account !== winner) as string;
    await expect(later.claim({ account: loser, isNamed: false }, signal)).rejects.toThrow(
      `the leases are of a stream in account ${winner}, but INPUT_STREAM is in account ${loser}`,
    );
    await Promise.all([...stores, later].map((store) => store.stop()));
  });

  test('a write on an old version is fenced off', async () => {
    const [mine, theirs] = [storeOf('store-2'), storeOf('store-2')];
    const created = await mine.create(lease, signal);
    await theirs.replace({ ...created, owner: 'pod-b', epoch: 5 }, signal);
    await expect(mine.replace({ ...created, owner: 'pod-a' }, signal)).rejects.toThrow(LeaseConflict);
    await expect(mine.create(lease, signal)).rejects.toThrow(LeaseConflict);
    await expect(mine.remove(created, signal)).rejects.toThrow(LeaseConflict);
    expect(await theirs.read(lease.shardId, signal)).toMatchObject({ owner: 'pod-b' });
    await Promise.all([mine.stop(), theirs.stop()]);
  });

  test('a write of the owner renews the lease, a request for the shard does not', async () => {
    const [mine, theirs] = [storeOf('store-4'), storeOf('store-4')];
    const created = await mine.create(lease, signal);
    const asked = await theirs.requestHandOff(created, 'pod-b', signal);
    expect(asked).toEqual({ ...created, handOffTo: 'pod-b', version: expect.any(String) });
    expect(asked.version).not.toBe(created.version);
    await expect(theirs.requestHandOff(created, 'pod-c', signal)).rejects.toThrow(LeaseConflict);
    await until('time passes', () => Date.now() > Date.parse(created.renewal.split(' ')[2] ?? ''));
    const renewed = await mine.replace(asked, signal);
    expect(renewed.renewal).not.toBe(asked.renewal);
    await Promise.all([mine.stop(), theirs.stop()]);
  });

  test('tells renewals of others apart from news, and says nothing of own renewals', async () => {
    const [mine, theirs] = [storeOf('store-5'), storeOf('store-5')];
    const told: Record<'mine' | 'theirs', LeaseNews[]> = { mine: [], theirs: [] };
    await mine.start((change) => told.mine.push(change));
    await theirs.start((change) => told.theirs.push(change));
    const owner = { name: 'pod-a', revision: 'r1', joinedMilliseconds: Date.UTC(2026, 0, 1) };
    await mine.announce(owner, signal);
    let held = await mine.create({ ...lease, owner: owner.name, released: false }, signal);
    await until('lease and member are seen', () => theirs.leases().length + theirs.members().length === 2);
    expect(told.theirs).toEqual(['news', 'news']);
    const before = told.mine.length;
    for (let renewal = 1; renewal <= 5; renewal++) {
      await until('time passes', () => Date.now() > Date.parse(held.renewal.split(' ')[2] ?? ''));
      held = await mine.replace(held, signal);
      await mine.announce(owner, signal);
      await until('both are seen', () => told.theirs.length === 2 + 2 * renewal);
    }
    expect(new Set(told.theirs.slice(2))).toEqual(new Set(['renewal']));
    await mine.requestHandOff(held, 'pod-b', signal);
    await until('the request is seen', () => told.theirs.at(-1) === 'news');
    expect(told.mine.slice(before)).toEqual(['news']);
    await Promise.all([mine.stop(), theirs.stop()]);
  });

  test('a member is seen to join, to live and to leave', async () => {
    const [mine, theirs] = [storeOf('store-3'), storeOf('store-3')];
    await theirs.start(() => {});
    const member = { name: 'pod-a', revision: 'r1', joinedMilliseconds: Date.UTC(2026, 0, 1) };
    await mine.announce(member, signal);
    await until('the member is seen', () => theirs.members().length === 1);
    const [first] = theirs.members();
    expect(first).toMatchObject(member);
    await mine.announce(member, signal);
    await until('the member is seen to live', () => theirs.members()[0]?.version !== first?.version);
    await expect(theirs.withdraw(first as Member, signal)).rejects.toThrow(LeaseConflict);
    expect(theirs.members()).toHaveLength(1);
    await mine.withdraw(member, signal);
    await until('the member is gone', () => theirs.members().length === 0);
    await mine.announce(member, signal);
    await until('the member is seen again', () => theirs.members().length === 1);
    await theirs.withdraw(theirs.members()[0] as Member, signal);
    await until('the member is gone', () => theirs.members().length === 0);
    await Promise.all([mine.stop(), theirs.stop()]);
  });
});

describe('consumer group', () => {
  test('shares the shards evenly with a new member, by hand-over, in order and without a repeat', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const { join } = groupIn(world);
    const first = join();
    world.put(...numbered('a', 20), ...numbered('b', 20), ...numbered('c', 20));
    await until('the first reads all', () => first.ownedShards.length === 4);
    const second = join();
    await until('both read', () => first.ownedShards.length === 2 && second.ownedShards.length === 2);
    world.put(...numbered('a', 20, 20), ...numbered('b', 20, 20), ...numbered('c', 20, 20));
    await until('all is published', () => world.texts().length >= 120);
    for (const key of ['a', 'b', 'c']) {
      expect(world.texts().filter((text) => text.startsWith(`${key}/`))).toEqual(numbered(key, 40));
    }
  }, 60_000);

  test('after a clean stop, another member reads the shard in less than a second', async () => {
    await using world = await ConsumerWorld.start();
    const { join } = groupIn(world);
    let owner = join();
    await until('the owner reads', () => owner.ownedShards.length === 1);
    const gaps: number[] = [];
    for (let round = 0; round < 5; round++) {
      const successor = join();
      await until('the successor is a member', () => successor.ready);
      world.put(`a/${round}`);
      await until('the owner publishes', () => world.texts().includes(`a/${round}`));
      const started = performance.now();
      const stopped = owner.stop();
      world.put(`b/${round}`);
      await until('the successor publishes', () => world.texts().includes(`b/${round}`));
      gaps.push(performance.now() - started);
      await stopped;
      owner = successor;
    }
    expect(Math.max(...gaps)).toBeLessThan(1_000);
  }, 60_000);

  test.each([
    ['', false],
    [', even if its replacement has joined meanwhile', true],
  ])(
    'after a crash, its shards are read within the lease duration and a second%s',
    async (_name, isReplaced) => {
      await using world = await ConsumerWorld.start({ shards: 2 });
      const { group, join } = groupIn(world);
      const directory = mkdtempSync(`${tmpdir()}/consumer-group-`);
      const victim = new PodProcess({
        name: 'pod-r1-victim',
        directory,
        kinesisUrl: world.fake.url,
        kubeConfigFile: api.kubeConfigFile,
        namespace: 'default',
        group,
        leaseSeconds: LEASE_SECONDS,
      });
      try {
        world.put('a-0/0');
        await until('the victim publishes', () => world.texts().includes('a-0/0'));
        const metricsRegistry = new Registry();
        const survivor = join('r1', metricsRegistry);
        await until('the survivor reads its share', () => survivor.ownedShards.length === 1);
        await victim.kill();
        const started = performance.now();
        const texts = Array.from({ length: 20 }, (_, index) => `key-${index}/0`);
        world.put(...texts);
        if (isReplaced) {
          await until('half of the lease is over', () => performance.now() - started > LEASE_SECONDS * 500);
          const replacement = join();
          await until('the replacement is a member', () => replacement.ready);
        }
        await until('all is published', () => texts.every((text) => world.texts().includes(text)));
        // The survivor takes the shard, because it saw the lease expire. The replacement did not.
        expect(
          await metricValue(metricsRegistry, 'kinesis_lease_takes_total', { from: 'expired owner' }),
        ).toBe(1);
        expect(performance.now() - started).toBeLessThan((LEASE_SECONDS + 1) * 1000);
      } finally {
        await victim.stop();
        rmSync(directory, { recursive: true, force: true });
      }
    },
    60_000,
  );

  test('without an API server an owner stops in time, and goes on when the server is back', async () => {
    await using world = await ConsumerWorld.start();
    const { join } = groupIn(world);
    const owner = join();
    await until('the owner reads', () => owner.ownedShards.length === 1);
    await api.stopApi();
    try {
      await until('the owner has stopped reading', () => owner.ownedShards.length === 0);
      world.put(...numbered('a', 5));
    } finally {
      await api.startApi();
    }
    // If the API server starts slowly, the lease may be lost once more. Then the same decisions are repeated, in the same order.
    await until('all is published', () => world.distinctTexts().length === 5);
    expect(world.distinctTexts()).toEqual(numbered('a', 5));
  }, 90_000);

  test('a child is not read before its parent, even if the lease of the parent is created later', async () => {
    await using world = await ConsumerWorld.start();
    const stream = world.fake.stream('in');
    world.put(...numbered('a', 20));
    stream.split(stream.shardFor('a').span.shardId, 2n ** 127n);
    world.put(...numbered('a', 20, 20));
    const { group, join } = groupIn(world);
    const { shardId, parents } = stream.shardFor('a').span;
    const store = storeOf(group);
    await store.create({ ...UNREAD, shardId, parents }, signal);
    join();
    await until('all is published', () => world.distinctTexts().length === 40);
    expect(world.distinctTexts()).toEqual(numbered('a', 40));
    await store.stop();
  }, 60_000);

  test('children wait while their parent is read again, whoever reads them', async () => {
    await using world = await ConsumerWorld.start();
    const { group } = groupIn(world);
    const store = storeOf(group);
    await store.start(() => {});
    const stream = world.fake.stream('in');
    const parent = stream.shardFor('a').span.shardId;
    const gate = Promise.withResolvers<void>();
    let isAgain = false;
    let isInHand = false;
    const processor = new EchoProcessor(async ({ shardId }) => {
      if (!isAgain || shardId !== parent) return;
      isInHand = true;
      await gate.promise;
    });
    const members = ['pod-1', 'pod-2'].map((name) =>
      world.consume(
        { POD_NAME: name, LEASE_SECONDS: String(LEASE_SECONDS), HAND_OFF_SECONDS: '2' },
        { store: storeOf(group), processor },
      ),
    );
    world.put(...numbered('a', 20));
    await until('the parent is read', () => world.texts().length === 20);
    stream.split(parent, 2n ** 127n);
    await until('each member reads a child', () => members.every((it) => it.ownedShards.length === 1));
    const lease = await store.read(parent, signal);
    if (lease === undefined) throw new Error(`no lease of ${parent}`);
    isAgain = true;
    await store.replace({ ...lease, checkpoint: { kind: 'trim_horizon' } }, signal);
    await until('the parent is read again', () => isInHand);
    expect(members.flatMap(({ ownedShards }) => ownedShards)).toEqual([parent]);
    world.put(...numbered('a', 5, 20));
    gate.resolve();
    await until('all is published', () => world.texts().length === 45);
    expect(world.texts()).toEqual([...numbered('a', 20), ...numbered('a', 25)]);
    await store.stop();
  }, 60_000);

  test('a hot shard is read by a member that reads nothing else, and each shard moves at most once', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const { group, join } = groupIn(world);
    const store = storeOf(group);
    const [hot = '', ...calm] = world.fake.stream('in').shards.map(({ span }) => span.shardId);
    for (const shardId of [hot, ...calm]) {
      const bytesPerSecond = shardId === hot ? 2_000_000 : 1_000;
      await store.create({ ...UNREAD, shardId, parents: [], bytesPerSecond }, signal);
    }
    const members = [join(), join()];
    const reads = (shards: readonly string[]) =>
      members.some(({ ownedShards }) => [...ownedShards].sort().join() === [...shards].sort().join());
    await until('the hot shard is alone', () => reads([hot]) && reads(calm));
    for (const shardId of [hot, ...calm]) {
      const lease = await store.read(shardId, signal);
      // The first take raises the epoch by one. A hand-over raises it by two: the owner gives, and the next one takes.
      expect((lease?.epoch ?? 0) - UNREAD.epoch).toBeLessThanOrEqual(3);
      expect(lease?.bytesPerSecond).toBe(shardId === hot ? 2_000_000 : 1_000);
    }
    await store.stop();
  }, 60_000);

  test('of two processes of one name the later one reads, until it stops, and the earlier one tells why it waits', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const { group } = groupIn(world);
    const observer = storeOf(group);
    await observer.start(() => {});
    const join = () =>
      world.consume(
        { POD_NAME: 'same', LEASE_SECONDS: String(LEASE_SECONDS), HAND_OFF_SECONDS: '2' },
        { store: storeOf(group) },
      );
    const earlier = join();
    await until('the first reads', () => earlier.ownedShards.length === 4);
    const [before] = observer.members();
    const later = join();
    await until(
      'the second reads alone',
      () => earlier.ownedShards.length === 0 && later.ownedShards.length === 4,
    );
    expect(
      world.states.some(({ message }) => message?.includes('another process uses the name "same"')),
    ).toBe(true);
    const epochs = () => observer.leases().map(({ epoch }) => epoch);
    const taken = epochs();
    const texts = numbered('a', 20);
    world.put(...texts);
    await until('all is published', () => world.distinctTexts().length === 20);
    expect(world.texts()).toEqual(texts);
    expect(epochs()).toEqual(taken);
    expect(observer.members().map(({ joinedMilliseconds }) => joinedMilliseconds)).not.toEqual([
      before?.joinedMilliseconds,
    ]);
    await later.stop();
    await until('the first reads again', () => earlier.ownedShards.length === 4);
    expect(world.states.at(-1)).toEqual({ state: 'ok' });
    await observer.stop();
  }, 60_000);

  test('a rolling replacement moves each shard once', async () => {
    await using world = await ConsumerWorld.start({ shards: 8 });
    const { join } = groupIn(world);
    const old = [join('old'), join('old')];
    await until('both read', () => old.every((member) => member.ownedShards.length === 4));
    const keys = Array.from({ length: 40 }, (_, index) => `key${index}`);
    world.put(...keys.map((key) => `${key}/0`));
    await until('all is published', () => world.texts().length >= 40);
    const before = new Map(world.echoes().map(({ shardId, epoch }) => [shardId, epoch]));
    const young: ReturnType<typeof join>[] = [];
    for (const leaving of old) {
      const joining = join('new');
      young.push(joining);
      await until('the new one is a member', () => joining.ready);
      await leaving.stop();
    }
    await until('the new ones read all', () => young.every((member) => member.ownedShards.length === 4));
    world.put(...keys.map((key) => `${key}/1`));
    await until('all is published', () => world.texts().length >= 80);
    const moves = world
      .echoes()
      .slice(40)
      .map(({ shardId, epoch }) => epoch - (before.get(shardId) ?? 0));
    expect([...new Set(moves)]).toEqual([1]);
  }, 60_000);
});
