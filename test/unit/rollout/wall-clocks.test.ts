import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RolloutWorld, SPEC } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;

/** A world in which the candidate has its first keys, and was measured once without a value. */
async function worldInCanary(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  world.alias = '2';
  await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
  world.flaws.set('2', 'gives no metrics');
  await world.until('one measurement', () => world.status.analysis !== undefined);
  return world;
}

describe('a leader whose wall clock is wrong', () => {
  test.each([
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
  ])('and %s takes the keys from a bad candidate as soon as any other leader', async (_what, error) => {
    const world = await worldInCanary();
    world.flaws.set('2', 'errs when deciding');
    world.wallClockErrorMilliseconds = error;
    world.restart();
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed !== undefined);
    expect(world.status.failed?.reason).toBe('CanaryFailed');
    expect(world.clock.now() - start).toBeLessThanOrEqual(15_000);
  });

  test.each([
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
  ])('and %s lets a bake time last as long as the spec says', async (_what, error) => {
    const world = new RolloutWorld();
    world.alias = '1';
    await world.until('the bake time', () => world.status.phase === 'Soaking');
    const start = world.clock.now();
    world.wallClockErrorMilliseconds = error;
    world.restart();
    await world.until('the end', () => world.status.phase === 'Stable');
    expect(world.clock.now() - start).toBeGreaterThanOrEqual((SPEC.soakSeconds - 1) * 1000);
    expect(world.clock.now() - start).toBeLessThanOrEqual((SPEC.soakSeconds + 10) * 1000);
  });

  test('stores the time of the API server', async () => {
    const world = new RolloutWorld();
    world.wallClockErrorMilliseconds = HOUR;
    world.restart();
    await world.promote('1');
    const error = Date.parse(world.status.stable?.soakedAt ?? '') - world.clock.now();
    expect(Math.abs(error)).toBeLessThan(15_000);
  });
});

describe('a wall clock that jumps at any time', () => {
  test('neither keeps a candidate without a value after its deadline, nor refuses it before', async () => {
    const jumps = fc.array(fc.integer({ min: -HOUR, max: HOUR }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(jumps, fc.boolean(), async (errors, restarts) => {
        const world = await worldInCanary();
        const start = Date.parse(world.status.candidate?.since ?? '');
        let calls = 0;
        world.onCall = () => {
          world.wallClockErrorMilliseconds = errors[++calls % errors.length] ?? 0;
        };
        if (restarts) world.restart();
        await world.until('the refusal', () => world.status.failed !== undefined);
        expect(world.status.failed?.reason).toBe('CanaryDeadlineExceeded');
        const deadline = (SPEC.canary?.stepDeadlineSeconds ?? 0) * 1000;
        expect(world.clock.now() - start).toBeGreaterThanOrEqual(deadline - 1_000);
        expect(world.clock.now() - start).toBeLessThanOrEqual(deadline + 10_000);
      }),
      { numRuns: 50 },
    );
  });
});
