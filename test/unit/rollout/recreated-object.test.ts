import { describe, expect, test } from '@jest/globals';
import { digestOf, RolloutWorld } from '../../support/rollout-world.ts';

/** The object is deleted and made anew, for example by a restore without status. The pods stay. */
async function recreatedWorld(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  await world.promote('1');
  await world.promote('2', 'errs when deciding');
  world.deleteObject();
  await world.step();
  world.recreateObject();
  return world;
}

describe('a ModelDeployment that was made anew', () => {
  test('adopts the version to which the Deployment is pinned, and counts it as unproven', async () => {
    const world = await recreatedWorld();
    await world.step();
    expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1', digest: digestOf('1') } });
    expect(world.status.stable?.soakedAt).toBeUndefined();
    expect(world.events.map(({ reason }) => reason)).toContain('Adopted');
  });

  test('lets a version that was refused before pass every gate', async () => {
    const world = await recreatedWorld();
    const journey: string[] = [];
    world.onStatus = (_before, { phase = '' }) => {
      if (journey.at(-1) !== phase) journey.push(phase);
    };
    await world.until('the refusal', () => world.settled && world.status.failed?.version === '2');
    expect(journey.slice(0, 4)).toEqual(['Stable', 'Verifying', 'Shadowing', 'Canary']);
    expect(world.currentPin?.version).toBe('1');
  });

  test('adopts also while the Deployment is scaled to 0', async () => {
    const world = await recreatedWorld();
    world.target.scale(0);
    await world.step();
    expect(world.status.stable?.version).toBe('1');
  });

  test('adopts nothing that does not serve', async () => {
    const world = new RolloutWorld();
    world.target.setPin({ version: '1', digest: digestOf('1') }, true);
    await world.look();
    expect(world.status.stable).toBeUndefined();
  });

  test('adopts nothing without a pin', async () => {
    const world = new RolloutWorld();
    await world.look();
    expect(world.status).toMatchObject({ phase: 'Waiting' });
  });
});
