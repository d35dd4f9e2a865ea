import { expect, test } from '@jest/globals';
import type { Pin } from '../../../operators/rollout/decision/rollout.ts';
import { digestOf, RolloutWorld } from '../../support/rollout-world.ts';

/** Promotes version 2 while a pod with the pin always terminates. @returns seconds until version 2 is stable */
async function secondsToStable(pin: Pin): Promise<number> {
  const world = new RolloutWorld({ shadow: undefined, canary: undefined });
  world.watchesCluster = true;
  await world.promote('1');
  const start = world.clock.now();
  world.onCall = () => {
    world.terminating = [{ deletionTimestamp: new Date(world.clock.now() + 60_000).toISOString(), pin }];
  };
  world.alias = '2';
  await world.until('version 2', () => world.status.stable?.version === '2', 2_000);
  return (world.clock.now() - start) / 1000;
}

test('pods of the new version that are replaced again and again do not hold its promotion', async () => {
  expect(await secondsToStable({ version: '2', digest: digestOf('2') })).toBeLessThan(30);
});

test('old pods that terminate again and again hold it until the deadline for progress', async () => {
  const seconds = await secondsToStable({ version: '1', digest: digestOf('1') });
  expect(seconds).toBeGreaterThanOrEqual(600);
  expect(seconds).toBeLessThan(660);
});
