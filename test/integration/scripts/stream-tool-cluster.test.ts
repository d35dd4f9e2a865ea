import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import { KubernetesLeaseStore } from '../../../services/stream/lease/kubernetes-lease-store.ts';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { kclItem, scanOutput } from '../../support/stream/kcl-dump.ts';
import { runTool, streamsOf } from '../../support/stream/stream-tool.ts';
import { until } from '../../support/until.ts';

const LEASE_SECONDS = 30;

// These tests run on a real Kubernetes API server.
let api: KubeApiServer;
let groups = 0;
const kubeConfigBefore = process.env.KUBECONFIG;

beforeAll(async () => {
  api = await startKubeApiServer();
  process.env.KUBECONFIG = api.kubeConfigFile;
}, 3_600_000);
afterAll(async () => {
  if (kubeConfigBefore === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = kubeConfigBefore;
  await api?.stop();
});

/** A consumer group on the streams of `world`, and the tool for it. */
function groupIn(world: ConsumerWorld) {
  const group = `group-${++groups}`;
  const options = [...streamsOf(world), '--group', group, '--namespace', 'default'];
  const tool = (...args: readonly string[]) => runTool([...args, ...options]);
  return {
    tool,
    list: async () => JSON.parse((await tool('list', '--json')).out),
    join: (name: string, metricsRegistry = new Registry()) =>
      world.consume(
        { POD_NAME: name, LEASE_SECONDS: String(LEASE_SECONDS), HAND_OFF_SECONDS: '2' },
        {
          store: new KubernetesLeaseStore({
            client: new KubernetesClient({ kubeConfig: api.kubeConfig }),
            namespace: 'default',
            group,
            stream: 'in',
            leaseMilliseconds: LEASE_SECONDS * 1000,
            clock: systemClock,
            logger: createLogger({ component: 'test', level: 'silent' }),
          }),
          metricsRegistry,
        },
      ),
  };
}

describe('on Kubernetes', () => {
  test('list shows members and owners', async () => {
    await using world = await ConsumerWorld.start({ shards: 2 });
    const { join, list, tool } = groupIn(world);
    join('pod-a');
    await until('both shards are read', async () => {
      const { shards } = await list();
      return shards.every(({ state }: { state: string }) => state === 'reading');
    });
    const { out } = await tool('list');
    expect(out).toContain('Leases in namespace default, context test');
    expect(out).toMatch(/member pod-a: reads 2 shards, member since /);
  });

  test('an owner gives the shard up at once when its position was moved, even to where it began', async () => {
    await using world = await ConsumerWorld.start();
    const { join, tool } = groupIn(world);
    const metricsRegistry = new Registry();
    join('pod-a', metricsRegistry);
    world.put(...numbered('a', 5));
    await until('all is published', () => world.texts().length === 5);
    const { code, said } = await tool('move', '0', '--to', 'TRIM_HORIZON', '--yes');
    expect(code).toBe(0);
    expect(said).toContain('pod-a gives the shard up at once');
    // Far sooner than the next renewal, which is after 15 s.
    await until('all is published again', () => world.texts().length >= 10);
    expect(world.texts()).toEqual([...numbered('a', 5), ...numbered('a', 5)]);
    expect(await metricValue(metricsRegistry, 'kinesis_leases_lost_total', { reason: 'edited' })).toBe(1);
  }, 30_000);

  test('drain has a member give up its shards and take none, until it is undone', async () => {
    await using world = await ConsumerWorld.start({ shards: 4 });
    const { join, list, tool } = groupIn(world);
    join('pod-a');
    join('pod-b');
    const owners = async (): Promise<string> => {
      const { shards } = await list();
      return shards
        .map(({ owner }: { owner: string }) => owner?.slice(-1) ?? '-')
        .toSorted()
        .join('');
    };
    await until('the shards are shared', async () => (await owners()) === 'aabb');
    const drained = await tool('drain', 'pod-a', '--yes');
    expect([drained.code, drained.out]).toEqual([0, 'pod-a: drained']);
    expect(await owners()).toBe('bbbb');
    expect((await tool('list')).out).toMatch(/member pod-a: reads 0 shards, .*, draining/);
    expect((await tool('drain', '0', '--yes')).said).toContain('there is no other member to take shard 0');
    expect((await tool('drain', 'pod-b', '--yes')).said).toContain('or add --to nobody to have them unread');
    world.put(...numbered('a', 3));
    await until('all is published', () => world.texts().length === 3);
    expect((await tool('drain', 'pod-b', '--to', 'nobody', '--yes')).code).toBe(0);
    expect(await owners()).toBe('----');
    world.put(...numbered('a', 3, 3));
    for (const pod of ['pod-a', 'pod-b'])
      expect((await tool('drain', pod, '--undo', '--yes')).out).toBe(`${pod}: not drained any more`);
    await until('the shards are shared again', async () => (await owners()) === 'aabb');
    await until('the rest is published', () => world.distinctTexts().length === 6);
    expect(world.texts()).toEqual(numbered('a', 6));
  }, 90_000);

  test('drain has the owner of one shard give it to another member', async () => {
    await using world = await ConsumerWorld.start();
    const { join, list, tool } = groupIn(world);
    join('pod-a');
    const owner = async () => (await list()).shards[0].owner;
    await until('pod-a reads the shard', async () => (await owner()) === 'pod-a');
    join('pod-b');
    await until('pod-b is a member', async () => (await list()).members.length === 2);
    const run = await tool('drain', '0', '--yes');
    expect([run.code, run.out]).toEqual([0, 'shard 0: read by pod-b']);
    expect((await tool('drain', '0', '--to', 'pod-x', '--yes')).said).toContain(
      'pod-x is not a member that takes shards',
    );
  }, 60_000);

  test('import-kcl makes the leases, and a group that starts later goes on from there', async () => {
    await using world = await ConsumerWorld.start();
    const { join, tool } = groupIn(world);
    world.put(...numbered('a', 4));
    const second = world.fake.stream('in').shards[0]?.all()[1]?.sequenceNumber ?? '';
    const dump = `${world.directory}/dump.json`;
    writeFileSync(dump, scanOutput([kclItem('shardId-000000000000', second)]));
    expect((await tool('import-kcl', dump, '--yes')).out).toBe('shard 0: changed');
    join('pod-a');
    await until('the rest is published', () => world.texts().length >= 2);
    expect(world.texts()).toEqual(['a/2', 'a/3']);
    expect((await tool('import-kcl', dump, '--yes')).said).toContain('--replace overwrites');
  }, 60_000);
});
