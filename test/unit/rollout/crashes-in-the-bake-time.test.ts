import { describe, expect, test } from '@jest/globals';
import type { Flaw } from '../../support/rollout-world/flaw.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

const BAKE_TIME = { soakSeconds: 300 };

const soaks = (world: RolloutWorld, version: string) =>
  world.status.phase === 'Soaking' && world.status.stable?.version === version;

/** A world in which version 1 is proven, and the bake time of version 2 begins. */
async function bakeTimeOf(flaw: Flaw): Promise<RolloutWorld> {
  const world = new RolloutWorld(BAKE_TIME);
  await world.promote('1');
  world.flaws.set('2', flaw);
  world.alias = '2';
  await world.until('the bake time of version 2', () => soaks(world, '2'));
  return world;
}

describe('a new stable version whose pods crash, and so give no metrics', () => {
  test('gives its keys back to the last good version at once', async () => {
    const world = await bakeTimeOf('crashes in its bake time');
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.clock.now() - start).toBeLessThanOrEqual(15_000);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      stable: { version: '1', soakedAt: expect.any(String) },
      candidate: { version: '1', weightPercent: 100 },
      failed: { version: '2', reason: 'PodsUnavailable' },
    });
    expect(world.status.history?.[0]).toMatchObject({ version: '2', outcome: 'Failed' });
    expect(world.events.slice(-2).map(({ reason }) => reason)).toEqual(['PodsUnavailable', 'RolledBack']);
    await world.until('the end', () => world.settled);
    expect(world.currentPin?.version).toBe('1');
  });

  test('gives its keys back within 20 s more if only the availability shows', async () => {
    const world = await bakeTimeOf('none');
    world.clock.advance(200_000);
    await world.step();
    for (const pod of world.simulatedPods) pod.down = true;
    world.tick = () => {};
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.clock.now() - start).toBeLessThanOrEqual(20_000);
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'PodsUnavailable' });
    expect(world.status.failed?.message).toContain('0 of 2 pods are available with version 2');
  });

  test('gives its keys back if its pods cannot be listed', async () => {
    const world = await bakeTimeOf('crashes in its bake time');
    world.denials.deny('pods', 403);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.clock.now() - start).toBeLessThanOrEqual(150_000);
    expect(world.status).toMatchObject({ stable: { version: '1' }, failed: { reason: 'PodsUnavailable' } });
  });

  test('goes on serving without an earlier version, and Degraded says so', async () => {
    const world = new RolloutWorld(BAKE_TIME);
    await world.promote('1', 'crashes in its bake time');
    expect(world.status).toMatchObject({
      phase: 'Stable',
      stable: { version: '1' },
      failed: { version: '1', reason: 'PodsUnavailable' },
    });
    expect(world.currentPin?.version).toBe('1');
    const degraded = world.status.conditions?.find(({ type }) => type === 'Degraded');
    expect(degraded).toMatchObject({ status: 'True', reason: 'PodsUnavailable' });
    expect(degraded?.message).toMatch(
      /version 1 failed its bake time: .* crashed .*no earlier version to restore/,
    );
  });

  test('shows the refusal in an Event, also while the alias names another refused version', async () => {
    const world = await bakeTimeOf('none');
    world.flaws.set('3', 'refused by verification');
    world.alias = '3';
    await world.until('the refusal', () => world.status.failed?.version === '3');
    expect(soaks(world, '2')).toBe(true);
    world.flaws.set('2', 'crashes in its bake time');
    await world.until('the rollback', () => world.status.stable?.version === '1');
    expect(world.status.failed?.version).toBe('3');
    expect(world.status.refusals?.[0]).toMatchObject({ version: '2', reason: 'PodsUnavailable' });
    expect(world.events.map(({ reason }) => reason)).toContain('PodsUnavailable');
  });
});

describe('a good version passes its bake time', () => {
  const ends = async (world: RolloutWorld) => {
    await world.until('the end of the bake time', () => world.settled);
    expect(world.status).toMatchObject({
      phase: 'Stable',
      stable: { version: '2', soakedAt: expect.any(String) },
    });
    expect(world.status.failed).toBeUndefined();
  };

  test('while the Deployment is made smaller, larger, empty and full again', async () => {
    const world = await bakeTimeOf('none');
    for (const replicas of [1, 6, 0, 2]) {
      world.target.scale(replicas);
      for (let step = 0; step < 5; step++) await world.step();
    }
    await ends(world);
  });

  test('while every pod is replaced at once, or one after the other', async () => {
    const world = await bakeTimeOf('none');
    world.simulatedPods = world.simulatedPods.map(() => world.newPod(world.currentPin));
    await world.step();
    for (const index of [0, 1]) {
      world.simulatedPods[index] = world.newPod(world.currentPin);
      await world.step();
    }
    await ends(world);
  });

  test('after a candidate that crashed its pods was dropped', async () => {
    const world = await bakeTimeOf('none');
    world.flaws.set('3', 'crashes pods when loaded');
    world.alias = '3';
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status).toMatchObject({ phase: 'Soaking', failed: { version: '3' } });
    // A pod learns a moment later that the candidate is gone.
    for (const pod of world.simulatedPods) {
      pod.restarts++;
      pod.down = true;
    }
    world.alias = '2';
    await ends(world);
  });

  test('although the pods of the version before it crash', async () => {
    const world = await bakeTimeOf('none');
    const old = world.newPod({ version: '1', digest: world.status.history?.[0]?.digest ?? '' });
    world.simulatedPods.push(old);
    for (let crash = 0; crash < 5; crash++) {
      old.restarts++;
      old.crashedAt = new Date(world.serverNow()).toISOString();
      await world.look();
    }
    await ends(world);
  });
});

test('a proven version that is restored keeps its keys, because it may be the cure', async () => {
  const world = await bakeTimeOf('none');
  await world.until('the end of the bake time', () => world.settled);
  world.alias = '1';
  await world.until('the bake time of version 1', () => soaks(world, '1'));
  for (const pod of world.simulatedPods) pod.restarts += 2;
  for (const pod of world.simulatedPods) pod.crashedAt = new Date(world.serverNow()).toISOString();
  await world.until('the end', () => world.settled);
  expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
});
