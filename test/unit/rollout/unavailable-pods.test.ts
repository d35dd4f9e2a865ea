import { describe, expect, test } from '@jest/globals';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

/** Lets every pod fail from now on, as a candidate does that ends the process on a live record. */
function crashAll(world: RolloutWorld): void {
  const [deployment, query] = [world.deployment.bind(world), world.query.bind(world)];
  const failing = () => world.status.candidate?.version === '2';
  Object.assign(world, {
    deployment: (name: string) => {
      const read = deployment(name);
      return read && failing() ? { ...read, status: { ...read.status, availableReplicas: 0 } } : read;
    },
    hasLoaded: async () => !failing(),
    query: async (url: string, promql: string) => (failing() ? [] : query(url, promql)),
  });
}

describe('a candidate that takes every pod down', () => {
  test.each([
    ['Shadowing', undefined],
    ['Canary', 0],
    ['Canary', 10],
    ['Promoting', 100],
  ])('in %s at weight %s is refused at once, whatever the deadlines are', async (phase, weight) => {
    const world = new RolloutWorld({
      shadow: { ...SPEC.shadow, minimumSamples: 100, deadlineSeconds: 1800 } as typeof SPEC.shadow,
      canary: { steps: SPEC.canary?.steps ?? [], stepDeadlineSeconds: 1800 },
    });
    await world.promote('1');
    world.clock.advance(600_000);
    world.alias = '2';
    const there = () => world.status.phase === phase && world.status.candidate?.weightPercent === weight;
    await world.until('the step', there);
    crashAll(world);
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.clock.now() - start).toBeLessThanOrEqual(15_000);
    expect(world.status).toMatchObject({
      stable: { version: '1' },
      failed: { version: '2', reason: 'PodsUnavailable' },
    });
    expect(world.events.map(({ reason }) => reason)).toContain('PodsUnavailable');
  });
});

describe('a good candidate', () => {
  test('passes while pods are replaced one after the other', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.clock.advance(600_000);
    world.alias = '2';
    let replaced = 0;
    while (!(world.settled && world.status.stable?.version === '2') && replaced < 200) {
      if (replaced % 5 === 0) world.simulatedPods[(replaced / 5) % 2] = world.newPod(world.currentPin);
      replaced++;
      await world.step();
    }
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '2' } });
  });

  test('remembers how many pods were available before it was loaded, through all its phases', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    world.alias = '2';
    const numbers = new Map<string, number | undefined>();
    world.onStatus = (_before, { phase, candidate }) => {
      if (candidate !== undefined) numbers.set(phase ?? '', candidate.availableReplicas);
    };
    await world.until('the end', () => world.settled && world.status.stable?.version === '2');
    expect(Object.fromEntries(numbers)).toEqual({
      Verifying: undefined,
      Shadowing: 2,
      Canary: 2,
      Promoting: 2,
    });
  });
});
