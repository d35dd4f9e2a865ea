import { expect, test } from '@jest/globals';
import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import { digestOf, RolloutWorld } from '../../support/rollout-world.ts';

const REFUSED = { version: '2', digest: digestOf('2') };

/** A world in which version 1 serves and version 2 was refused. */
async function worldWithRefusal(): Promise<RolloutWorld> {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  await world.promote('1');
  await world.promote('2', 'errs when deciding');
  expect(world.status.failed?.version).toBe('2');
  return world;
}

/** @returns the share of time in which pods decide with version 2, as far as they are pinned to it */
async function shareOfVersion2(world: RolloutWorld, milliseconds: number): Promise<number> {
  const start = world.clock.now();
  let share = 0;
  while (world.clock.now() < start + milliseconds) {
    const before = world.clock.now();
    await world.step();
    const { candidate } = world.status;
    if (candidate?.version === '1' && candidate.weightPercent === 100) continue;
    const pods = world.simulatedPods.filter(({ pin }) => pin?.version === '2').length;
    share += ((world.clock.now() - before) / milliseconds) * (pods / world.simulatedPods.length);
  }
  return share;
}

test('a client that sets the refused version again and again does not make it decide', async () => {
  const world = await worldWithRefusal();
  world.target.foreignPin = { pin: REFUSED };
  expect(await shareOfVersion2(world, 7_200_000)).toBeLessThan(0.01);
  expect(world.status).toMatchObject({ stable: { version: '1' }, failed: { version: '2' } });
  const available = conditionOf(world.status, 'Available');
  expect(available).toMatchObject({
    status: 'True',
    message: expect.stringContaining('pinned to version 2'),
  });
  expect(available?.message).not.toContain('version 1 serves');
});

test('the status does not change at each overwrite', async () => {
  const world = await worldWithRefusal();
  world.target.foreignPin = { pin: REFUSED };
  await shareOfVersion2(world, 3_600_000);
  const { pins } = world;
  const before = pins.length;
  let writes = 0;
  world.onStatus = () => writes++;
  await shareOfVersion2(world, 3_600_000);
  expect(pins.length - before).toBeGreaterThan(5);
  expect(writes).toBe(0);
});

test('ten minutes after the contest the stable version decides by its pin alone, and the next version follows', async () => {
  const world = await worldWithRefusal();
  world.target.foreignPin = { pin: REFUSED };
  await shareOfVersion2(world, 1_800_000);
  world.alias = '3';
  await shareOfVersion2(world, 1_800_000);
  expect(world.status).toMatchObject({ candidate: { version: '1' }, stable: { version: '1' } });
  world.target.foreignPin = undefined;
  await world.until('version 3', () => world.settled && world.status.stable?.version === '3');
  expect(world.status.candidate).toBeUndefined();
});

test('pods decide with the stable version while the API server denies its pin', async () => {
  const world = await worldWithRefusal();
  world.target.setPin(REFUSED, true);
  world.denials.deny('pin', 403);
  expect(await shareOfVersion2(world, 1_200_000)).toBeLessThan(0.05);
  world.denials.allowAll();
  await world.until('the end', () => world.settled);
  expect(world.status).toMatchObject({ stable: { version: '1' }, failed: { version: '2' } });
});

test('a single overwrite is only set back', async () => {
  const world = await worldWithRefusal();
  world.target.setPin(REFUSED, true);
  await world.look();
  expect(world.currentPin?.version).toBe('1');
  expect(world.status.candidate).toBeUndefined();
});

test('a pin that is removed again and again leaves pods that decide nothing', async () => {
  const world = await worldWithRefusal();
  world.target.foreignPin = { pin: undefined };
  await shareOfVersion2(world, 600_000);
  expect(world.status.candidate).toBeUndefined();
});

test('neither a first version nor an adopted version becomes a candidate of itself', async () => {
  const world = new RolloutWorld();
  world.target.foreignPin = { pin: REFUSED };
  world.simulatedPods = world.simulatedPods.map(() => world.newPod(REFUSED));
  world.target.setPin(REFUSED, true);
  await world.step();
  expect(world.status).toMatchObject({ phase: 'Soaking', stable: { version: '2' } });
  await shareOfVersion2(world, 60_000);
  expect(world.status.candidate).toBeUndefined();
});

test('a first version is not refused because pods of the other client made no progress', async () => {
  const world = new RolloutWorld();
  world.watchesCluster = true;
  world.target.foreignPin = { pin: undefined };
  world.alias = '1';
  await world.until('the candidate', () => world.status.phase === 'Promoting');
  const begin = world.clock.now();
  const since = () => world.deployment('inference')?.status?.conditions?.[0]?.lastUpdateTime ?? '';
  await world.until('pods without a pin are stuck', () => Date.parse(since()) > begin);
  const { pins } = world;
  const before = pins.length;
  await world.until('the operator pins again', () => pins.length > before);
  expect(world.status).toMatchObject({ phase: 'Promoting', candidate: { version: '1' } });
  world.target.foreignPin = undefined;
  await world.until('the end', () => world.settled);
  expect(world.status).toMatchObject({ phase: 'Stable', stable: { version: '1' } });
  expect(world.status.failed).toBeUndefined();
});
