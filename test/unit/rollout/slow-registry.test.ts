import { describe, expect, test } from '@jest/globals';
import { RolloutWorld } from '../../support/rollout-world.ts';

/** Far below the time that a test passes, and above two measurements. */
const LOSS_MILLISECONDS = 15_000;

/** MLflow answers no further call of this kind. A reconcile must not wait for it, because others need the slot. */
function silence(world: RolloutWorld, call: 'readAlias' | 'setTag'): void {
  world.waitsForRegistry = false;
  Object.assign(world, { [call]: () => new Promise(() => {}) });
}

async function canary(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  world.alias = '2';
  await world.until('the canary', () => world.status.candidate?.weightPercent === 10);
  return world;
}

describe.each(['readAlias', 'setTag'] as const)('while MLflow does not answer %s', (call) => {
  test('a canary that errs loses its keys all the same', async () => {
    const world = await canary();
    silence(world, call);
    world.flaws.set('2', 'errs when deciding');
    const start = world.clock.now();
    await world.until('the refusal', () => world.status.failed?.version === '2');
    expect(world.clock.now() - start).toBeLessThan(LOSS_MILLISECONDS);
  });

  test('a reconcile ends without time passing, in each look', async () => {
    const world = await canary();
    silence(world, call);
    for (let look = 0; look < 20; look++) {
      const now = world.clock.now();
      await world.look();
      expect(world.clock.now()).toBe(now);
      world.clock.advance(1_000);
    }
  });
});

test('tags that wait for MLflow reach it when it answers, also those of a version that was given up', async () => {
  const world = await canary();
  const { setTag } = world;
  const answer = Promise.withResolvers<void>();
  world.waitsForRegistry = false;
  Object.assign(world, {
    setTag: async (...tag: Parameters<typeof setTag>) => {
      await answer.promise;
      await setTag.apply(world, tag);
    },
  });
  world.alias = '3';
  await world.until('the next candidate', () => world.status.candidate?.version === '3');
  for (let look = 0; look < 5; look++) await world.step();
  expect(world.tags.get('2 rollout.default.loan.status')).toBe('Canary');
  answer.resolve();
  world.waitsForRegistry = true;
  await world.step();
  expect(world.tags.get('2 rollout.default.loan.status')).toBe('Superseded');
});
