import { expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

/** A world in which another, older ModelDeployment can get the same target. */
class WorldWithOlder extends RolloutWorld {
  claimed = false;

  override modelDeployments(): readonly ModelDeployment[] {
    const [own] = super.modelDeployments();
    if (own === undefined || !this.claimed) return super.modelDeployments();
    const metadata = {
      ...own.metadata,
      name: 'older',
      uid: 'u0',
      creationTimestamp: '2025-01-01T00:00:00Z',
    };
    return [own, { ...own, metadata, status: {} }];
  }
}

async function worldIn(holds: (world: RolloutWorld) => boolean): Promise<WorldWithOlder> {
  const world = new WorldWithOlder();
  await world.promote('1');
  world.alias = '2';
  await world.until('the moment', () => holds(world));
  return world;
}

test('a candidate gives its keys back when an older ModelDeployment claims its target', async () => {
  const world = await worldIn(({ status }) => status.candidate?.weightPercent === 50);
  const { pins } = world;
  const before = pins.length;
  world.claimed = true;
  await world.look();
  expect(world.status.candidate).toBeUndefined();
  expect(world.status.stable?.version).toBe('1');
  expect(conditionOf(world.status, 'Degraded')).toMatchObject({ status: 'True', reason: 'TargetClaimed' });
  expect(world.events.find(({ reason }) => reason === 'Superseded')?.message).toBe(
    'version 2 is given up, because another ModelDeployment claims the target',
  );
  await world.until('all is recorded', () => world.isRecorded);
  const { writes } = world;
  for (let look = 0; look < 10; look++) await world.step();
  expect(world.writes).toBe(writes);
  expect(pins).toHaveLength(before);
  world.claimed = false;
  await world.until('version 2 passes its gates again', () => world.status.stable?.version === '2');
});

test('pods that are pinned to the candidate decide with the stable version then', async () => {
  const world = await worldIn(
    ({ status }) => status.phase === 'Promoting' && status.candidate?.weightPercent === 100,
  );
  world.claimed = true;
  await world.look();
  expect(world.status.candidate).toMatchObject({ version: '1', weightPercent: 100 });
});

test('suspend changes nothing', async () => {
  const world = await worldIn(({ status }) => status.candidate?.weightPercent === 50);
  world.edit({ suspend: true });
  await world.look();
  expect(world.status.candidate).toMatchObject({ version: '2', weightPercent: 50 });
});
