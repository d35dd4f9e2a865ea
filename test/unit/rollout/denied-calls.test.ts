import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cluster } from '../../../operators/rollout/cluster/cluster.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

type GuardedCall = keyof Pick<Cluster, 'pin' | 'createJob' | 'deleteJob' | 'pods' | 'setFinalizers'>;

const CALLS: readonly GuardedCall[] = ['pin', 'createJob', 'deleteJob', 'pods', 'setFinalizers'];

const FREEZE = 'answered 403: change freeze until Monday';

interface Denied {
  /** Number of refused calls. */
  count: number;
  readonly allow: () => void;
}

/** Makes the API server refuse every such call. */
function deny(world: RolloutWorld, call: GuardedCall, status = 403, reason = 'Forbidden'): Denied {
  const own = Object.getPrototypeOf(world)[call];
  const denied = { count: 0, allow: () => Object.assign(world, { [call]: own }) };
  const refuse = async () => {
    denied.count++;
    throw new KubernetesError(FREEZE, { status, reason });
  };
  Object.assign(world, { [call]: refuse });
  return denied;
}

function condition(world: RolloutWorld, type = 'ActionDenied') {
  return world.status.conditions?.find((candidate) => candidate.type === type);
}

async function worldWithStable(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  return world;
}

async function allKeys(world: RolloutWorld): Promise<void> {
  const { candidate, phase } = world.status;
  if (phase === 'Promoting' && candidate?.weightPercent === 100) return;
  await world.step();
  await allKeys(world);
}

async function pass(world: RolloutWorld, milliseconds: number): Promise<void> {
  const end = world.clock.now() + milliseconds;
  while (world.clock.now() < end) await world.step();
}

describe('a pin that the API server denies', () => {
  test('is a condition with the words of the API server, and an Event', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    deny(world, 'pin');
    await allKeys(world);
    await pass(world, 60_000);
    expect(condition(world)).toMatchObject({ status: 'True', reason: 'WriteDenied' });
    expect(condition(world)?.message).toBe(`setting the pin of Deployment inference: ${FREEZE}`);
    const told = world.events.filter(({ reason }) => reason === 'WriteDenied');
    expect(told).toEqual([{ type: 'Warning', reason: 'WriteDenied', message: condition(world)?.message }]);
  });

  test('does not keep the operator from following the alias back', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    deny(world, 'pin');
    await allKeys(world);
    world.alias = '1';
    await pass(world, 30_000);
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
    expect(world.status.candidate?.version).not.toBe('2');
    expect(condition(world)).toMatchObject({ status: 'False', reason: 'AsExpected' });
    expect(world.events.at(-1)).toMatchObject({ type: 'Normal', reason: 'ActionDenied' });
  });

  test('is tried again with back-off, and soon after it is allowed', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    const denied = deny(world, 'pin');
    await allKeys(world);
    await pass(world, 600_000);
    expect(denied.count).toBeLessThan(30);
    denied.allow();
    const allowed = world.clock.now();
    await world.until('the pin is set', () => world.currentPin?.version === '2');
    expect(world.clock.now() - allowed).toBeLessThanOrEqual(31_000);
    await world.until('version 2 serves', () => world.settled);
    expect(condition(world)?.status).toBe('False');
  });

  test('is tried at once if somebody changes the Deployment', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    const wanted = world.pin.bind(world);
    const denied = deny(world, 'pin');
    await allKeys(world);
    await pass(world, 120_000);
    const { count } = denied;
    await world.look();
    expect(denied.count).toBe(count);
    await wanted('inference', 'inference', { version: '9', digest: 'sha256:9' });
    await world.look();
    expect(denied.count).toBe(count + 1);
  });

  test('writes nothing more while nothing changes', async () => {
    const world = await worldWithStable();
    await world.pin('inference', 'inference', { version: '9', digest: 'sha256:9' });
    deny(world, 'pin');
    await pass(world, 30_000);
    expect(condition(world)?.status).toBe('True');
    const { writes } = world;
    await pass(world, 600_000);
    expect(world.writes).toBe(writes);
  });
});

describe('a denied read', () => {
  test('of the pods does not keep a bad canary', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    deny(world, 'pods');
    await world.until('the condition', () => condition(world)?.reason === 'ReadDenied');
    world.flaws.set('2', 'errs when deciding');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { reason: 'CanaryFailed' } });
  });

  test('that is not due in each reconcile is one condition without a flicker', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    const denied = deny(world, 'pods');
    await pass(world, 300_000);
    expect(world.status.candidate?.weightPercent).toBe(10);
    expect(world.events.filter(({ reason }) => reason === 'ReadDenied')).toHaveLength(1);
    denied.allow();
    await world.until('version 2 serves', () => world.settled);
    expect(condition(world)?.status).toBe('False');
  });
});

test.each(CALLS)('a denied %s never keeps the operator from the alias, and is told', async (call) => {
  const statuses = fc.constantFrom<[number, string]>(
    [403, 'Forbidden'],
    [422, 'Invalid'],
    [500, 'InternalError'],
    [429, 'TooManyRequests'],
    [0, 'Unreachable'],
  );
  await fc.assert(
    fc.asyncProperty(statuses, fc.integer({ min: 0, max: 60 }), async ([status, reason], steps) => {
      const world = await worldWithStable();
      world.mark({ finalizers: ['serving.loan-eligibility.dev/webhook'] });
      world.alias = '2';
      const denied = deny(world, call, status, reason);
      for (let step = 0; step < steps; step++) await world.step();
      if (denied.count > 0) {
        expect(world.events.some((event) => /^(Write|Read)Denied$/.test(event.reason))).toBe(true);
      }
      const { registryReads } = world;
      world.alias = '1';
      await pass(world, 3 * SPEC.registry.pollSeconds * 1000);
      expect(world.registryReads).toBeGreaterThan(registryReads);
      expect(world.status.candidate?.version).not.toBe('2');
      denied.allow();
      await world.until('version 1 serves', () => world.settled && world.status.stable?.version === '1');
      await pass(world, 40_000);
      expect(condition(world)?.status ?? 'False').toBe('False');
    }),
    { seed: 20, numRuns: 30 },
  );
});

describe('an error that a source should never throw', () => {
  const invalid = () =>
    Promise.reject(new TypeError('Failed to parse URL from http://me:secret@mlflow:500000'));

  test('of the registry is an outage, and a bad canary is still taken back', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    Object.assign(world, { readAlias: invalid });
    world.flaws.set('2', 'errs when deciding');
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(condition(world, 'RegistryReachable')).toMatchObject({
      status: 'False',
      reason: 'RegistryUnreachable',
      message:
        'MLflow cannot be asked: TypeError: Failed to parse URL from <url>; correct the URL in the spec',
    });
  });

  test('of the metrics is an outage, and the alias is still followed', async () => {
    const world = await worldWithStable();
    world.alias = '2';
    await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
    Object.assign(world, { query: invalid });
    await world.until('it is told', () => condition(world, 'MetricsReachable')?.status === 'False');
    expect(JSON.stringify(world.status)).not.toContain('secret');
    world.alias = '1';
    await world.until('the alias is followed', () => world.settled);
    expect(world.status.stable?.version).toBe('1');
  });
});
