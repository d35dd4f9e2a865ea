import { describe, expect, test } from '@jest/globals';
import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

const { abort, retry } = REQUEST_ANNOTATIONS;

async function worldIn(isThere: (world: RolloutWorld) => boolean): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  world.alias = '2';
  await world.until('the rollout is there', () => world.status.candidate?.version === '2' && isThere(world));
  return world;
}

describe('the annotation abort', () => {
  test.each([
    ['Verifying', ({ status }: RolloutWorld) => status.phase === 'Verifying'],
    ['Shadowing', ({ status }: RolloutWorld) => status.phase === 'Shadowing'],
    ['Canary', ({ status }: RolloutWorld) => status.candidate?.weightPercent === 10],
    [
      'Promoting',
      ({ status }: RolloutWorld) => status.phase === 'Promoting' && status.candidate?.weightPercent === 100,
    ],
  ])('gives the candidate up in %s, and the alias stays', async (_phase, isThere) => {
    const world = await worldIn(isThere);
    world.annotate(abort, '2: complaints from Dijon');
    await world.look();
    expect(world.status.failed).toMatchObject({ version: '2', reason: 'Aborted' });
    expect(world.status.failed?.message).toMatch(/abort gave it up: complaints from Dijon$/);
    await world.until('version 1 serves alone', () => world.settled);
    expect(world.status.stable?.version).toBe('1');
    expect(world.alias).toBe('2');
  });

  test('works while MLflow does not answer', async () => {
    const world = await worldIn(({ status }) => status.candidate?.weightPercent === 10);
    world.registryDown = true;
    await world.until(
      'the outage is known',
      () => world.status.conditions?.some(({ reason }) => reason === 'RegistryUnreachable') ?? false,
    );
    world.annotate(abort, '2');
    await world.until('version 2 is refused', () => world.status.failed?.reason === 'Aborted', 5);
  });

  test.each(['1', '20', 'yes'])('of %.20s gives nothing up', async (value) => {
    const world = await worldIn(({ status }) => status.phase === 'Shadowing');
    world.annotate(abort, value);
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
  });

  test('acts once: the version may be tried again, and a later rollout of it goes through', async () => {
    const world = await worldIn(({ status }) => status.phase === 'Shadowing');
    world.annotate(abort, '2');
    await world.until('version 2 is refused', () => world.settled);
    world.annotate(retry, '2-again');
    await world.until('version 2 serves', () => world.status.stable?.version === '2');
  });

  test('of a version that is no candidate does not act later', async () => {
    const world = new RolloutWorld();
    await world.promote('1');
    await world.promote('2');
    world.annotate(abort, '1');
    await world.look();
    expect(world.status.requests?.abort).toBe('1');
    await world.promote('1');
    expect(world.status.stable?.version).toBe('1');
  });
});
