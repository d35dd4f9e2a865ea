import { describe, expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { RolloutWorld } from '../../support/rollout-world.ts';

/** A world in which version 2 fails in its bake time after the files of each given version were deleted. */
async function failedBakeTime(served: readonly string[], deleted: readonly string[]): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  for (const version of served) await world.promote(version);
  world.flaws.set('2', 'errs in service');
  world.alias = '2';
  await world.until('the bake time', () => world.status.stable?.version === '2');
  for (const version of deleted) world.flaws.set(version, 'never loads');
  await world.until('the refusal', () => world.status.failed?.version === '2');
  return world;
}

const loadedIn = (world: RolloutWorld, version: string) =>
  world.simulatedPods.every(({ pin, loaded }) => pin?.version === version || loaded.has(version));

describe('a restored version that no pod can load', () => {
  test('is given up after its deadline, and the good version before it is restored', async () => {
    const world = await failedBakeTime(['0', '1'], ['1']);
    const start = world.clock.now();
    await world.until('version 0', () => world.status.stable?.version === '0');
    expect(world.clock.now() - start).toBeLessThanOrEqual(620_000);
    expect(world.status).toMatchObject({
      phase: 'RolledBack',
      candidate: { version: '0', weightPercent: 100 },
      failed: { version: '2', reason: 'SoakFailed' },
    });
    expect(world.status.refusals?.[0]).toMatchObject({ version: '1', reason: 'RestoreStuck' });
    expect(world.status.history?.[0]).toMatchObject({ version: '1', outcome: 'Failed' });
    const events = world.events.slice(-2).map(({ message }) => message);
    expect(events).toEqual(['version 1 could not be restored', 'version 0 serves']);
    await world.until('the end', () => world.settled);
    expect(world.simulatedPods.map(({ pin }) => pin?.version)).toEqual(['0', '0']);
  });

  test('is not tried again', async () => {
    const world = await failedBakeTime(['0', '1'], ['1']);
    await world.until('version 0', () => world.settled && world.status.stable?.version === '0');
    world.alias = '1';
    await world.until('the refusal', () => world.status.failed?.version === '1');
    expect(world.status).toMatchObject({ phase: 'RolledBack', failed: { reason: 'RestoreStuck' } });
  });

  test('is told by Available, if there is no good version before it', async () => {
    const world = await failedBakeTime(['1'], ['1']);
    const isStuck = () => conditionOf(world.status, 'Available')?.reason === 'RestoreStuck';
    await world.until('the condition', isStuck);
    const available = conditionOf(world.status, 'Available');
    expect(available).toMatchObject({ status: 'False' });
    expect(available?.message).toContain('0 of 2 pods loaded version 1');
    expect(available?.message).toContain('decide with version 2');
    const { writes } = world;
    for (let look = 0; look < 20; look++) await world.step();
    expect(world.writes).toBe(writes);
    world.flaws.delete('1');
    await world.until('the end', () => world.settled);
    expect(conditionOf(world.status, 'Available')).toMatchObject({ status: 'True', reason: 'Serving' });
  });

  test('is never said to decide in every pod', async () => {
    const world = await failedBakeTime(['0', '1'], ['1']);
    const messages = world.status.conditions?.map(({ message }) => message).join('\n');
    expect(messages).not.toMatch(/version 1 (serves|decides in every pod)/);
  });
});

describe('a version that pods have loaded stays restored', () => {
  test('if the Deployment cannot replace its pods', async () => {
    const world = await failedBakeTime(['0', '1'], []);
    world.target.paused = true;
    for (let look = 0; look < 100; look++) await world.step();
    world.target.paused = false;
    world.tick = () => {};
    for (let look = 0; look < 100; look++) await world.step();
    expect(loadedIn(world, '1')).toBe(true);
    expect(world.status.stable?.version).toBe('1');
    expect(conditionOf(world.status, 'Available')).toMatchObject({ status: 'True' });
  });

  test('and MLflow that is away for longer than the deadline speaks against no version', async () => {
    const world = await failedBakeTime(['0', '1'], ['1']);
    world.registryDown = true;
    for (let look = 0; look < 200; look++) await world.step();
    world.flaws.delete('1');
    world.registryDown = false;
    await world.until('the end', () => world.settled);
    expect(world.status.stable?.version).toBe('1');
  });
});
